import { EventEmitter } from 'node:events';
import type { Context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

/**
 * Runs what listens to a request or an answer in the context that it was first bound to, by one wrapper of the
 * emitter's `emit`. The SDK's own manager wraps every method that adds or removes a listener, and every listener: for
 * each request again.
 */
export class EmitContextManager extends AsyncLocalStorageContextManager {
  readonly #bound = new WeakSet<EventEmitter>();

  override bind<Target>(to: Context, target: Target): Target {
    if (!(target instanceof EventEmitter)) return super.bind(to, target);
    if (this.#bound.has(target)) return target;
    this.#bound.add(target);
    const { emit } = target;
    target.emit = (...event) => this.with(to, emit, target, ...event);
    return target;
  }
}
