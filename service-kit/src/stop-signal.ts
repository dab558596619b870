type Stop = (signal: NodeJS.Signals) => void;

let stop: Stop | undefined;

/** Sets what the first SIGTERM or SIGINT calls, in place of what was set before; later signals do nothing. */
export function onStopSignal(next: Stop): void {
  const isFirst = stop === undefined;
  stop = next;
  if (!isFirst) return;
  let isStopping = false;
  const receive = (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    stop?.(signal);
  };
  process.on('SIGTERM', receive);
  process.on('SIGINT', receive);
}
