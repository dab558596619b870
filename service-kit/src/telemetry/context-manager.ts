import { EventEmitter } from 'node:events';
import type { Context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

/**
 * Runs the listeners of a request or an answer in its context, by one wrapper around `emit`. The SDK's own manager wraps
 * the eight methods that add or remove a listener, and every listener: 35 µs a request.
 */
export class EmitContextManager extends AsyncLocalStorageContextManager {
  readonly #bound = new WeakSet<EventEmitter>();

  override bind<Target>(to: Context, target: Target): Target {
    if (!(target instanceof EventEmitter)) return super.bind(to, target);
    if (this.#bound.has(target)) return target;
    this.#bound.add(target);
    const { emit } = target;
    target.emit = (...event) =>
      this.active() === to ? emit.apply(target, event) : this.with(to, emit, target, ...event);
    return target;
  }
}
