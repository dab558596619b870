import { metrics } from '../registry/kit';
import { observe } from './instruments';

/** Observes CPU time and memory of this process, which no instrumentation of the bundle does by default. */
export function observeProcess(): void {
  observe(metrics.cpuTime, (tell) => {
    const { user, system } = process.cpuUsage(); // microseconds
    tell(user / 1e6, { 'cpu.mode': 'user' });
    tell(system / 1e6, { 'cpu.mode': 'system' });
  });
  observe(metrics.memoryUsage, (tell) => tell(process.memoryUsage.rss(), {}));
}
