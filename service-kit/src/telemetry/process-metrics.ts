import { metrics } from '../registry/kit';
import { observe } from './instruments';

const MICROSECONDS = 1_000_000;

/** CPU time and memory of this process; the runtime's own metrics come from its instrumentation. */
export function observeProcess(): void {
  observe(metrics.cpuTime, (tell) => {
    const { user, system } = process.cpuUsage();
    tell(user / MICROSECONDS, { 'cpu.mode': 'user' });
    tell(system / MICROSECONDS, { 'cpu.mode': 'system' });
  });
  observe(metrics.memoryUsage, (tell) => tell(process.memoryUsage.rss(), {}));
}
