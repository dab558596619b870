import { EventEmitter } from 'node:events';
import { type Context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { test as base, expect } from 'vitest';
import { EmitContextManager } from '../src/telemetry/context-manager';

const key = createContextKey('where');
const called = (name: string): Context => ROOT_CONTEXT.setValue(key, name);

const test = base.extend('bound', ({ task: _task }) => {
  const manager = new EmitContextManager();
  const heard: unknown[] = [];
  const emitter = manager.bind(called('request'), new EventEmitter());
  const listen = () => heard.push(manager.active().getValue(key));
  return { manager, emitter, heard, listen };
});

test('When a listener is added in another context, then it runs in the one that was bound', ({ bound }) => {
  const { manager, emitter, heard, listen } = bound;
  manager.with(called('elsewhere'), () => emitter.on('data', listen));
  manager.with(called('elsewhere'), () => emitter.emit('data'));
  expect(heard).toEqual(['request']);
});

test('When listeners are for once, or are taken off, then they are', ({ bound }) => {
  const { emitter, heard, listen } = bound;
  emitter.once('data', listen);
  expect([emitter.emit('data'), emitter.emit('data')]).toEqual([true, false]);
  emitter.on('data', listen).off('data', listen).emit('data');
  expect(heard).toEqual(['request']);
});

test('When it is bound again, then the first context stays, and nothing is wrapped twice', ({ bound }) => {
  const { manager, emitter, heard, listen } = bound;
  const { emit } = emitter;
  expect(manager.bind(called('another'), emitter)).toBe(emitter);
  expect(emitter.emit).toBe(emit);
  emitter.on('data', listen).emit('data');
  expect(heard).toEqual(['request']);
});

test('When an emitter has an emit of its own, then that is called, in the context that was bound', ({
  bound,
}) => {
  const { manager, heard, listen } = bound;
  const wrapped = new EventEmitter();
  wrapped.emit = (...event) => {
    listen();
    return EventEmitter.prototype.emit.apply(wrapped, event);
  };
  manager.bind(called('request'), wrapped).on('data', listen);
  manager.with(called('elsewhere'), () => [wrapped.emit('data'), wrapped.emit('unheard')]);
  expect(heard).toEqual(['request', 'request', 'request']);
});

test('When what is bound is a function, then it runs in the context', ({ bound: { manager } }) => {
  expect(manager.bind(called('request'), () => manager.active().getValue(key))()).toBe('request');
});
