import { metrics } from '../registry/kit';
import { observe } from './instruments';

const MICROSECONDS = 1_000_000;

/** Observes CPU time and memory of this process, which no instrumentation of the bundle does by default. */
export function observeProcess(): void {
  observe(metrics.cpuTime, (tell) => {
    const { user, system } = process.cpuUsage();
    tell(user / MICROSECONDS, { 'cpu.mode': 'user' });
    tell(system / MICROSECONDS, { 'cpu.mode': 'system' });
  });
  observe(metrics.memoryUsage, (tell) => tell(process.memoryUsage.rss(), {}));
}
