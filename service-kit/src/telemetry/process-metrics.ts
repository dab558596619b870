import { metrics } from '../registry/kit';
import { observe } from './instruments';

let isStopping = false;

/** Notes that the process was asked to end: with its last metrics it tells so, and nobody is alarmed by its silence. */
export function noteStop(): void {
  isStopping = true;
}

/** Observes CPU time, memory and end of this process, which no instrumentation of the bundle does by default. */
export function observeProcess(): void {
  observe(metrics.cpuTime, (tell) => {
    const { user, system } = process.cpuUsage(); // microseconds
    tell(user / 1e6, { 'cpu.mode': 'user' });
    tell(system / 1e6, { 'cpu.mode': 'system' });
  });
  observe(metrics.stopping, (tell) => tell(isStopping ? 1 : 0, {}));
  observe(metrics.memoryUsage, (tell) => tell(process.memoryUsage.rss(), {}));
}
