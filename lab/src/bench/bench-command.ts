import type { Progress } from '../progress.ts';
import { withStack } from '../session.ts';
import { benchAgainst } from './against.ts';
import { bench } from './bench.ts';
import { benchDashboards } from './dashboards.ts';
import { priceList } from './price-list.ts';
import { priceRows } from './price-rows.ts';
import { chooseScenarios, productList, sizeScenarios, trip } from './scenarios.ts';
import { benchSizes, benchStack } from './stack.ts';

export type BenchChoice = {
  rounds: number;
  seconds?: number;
  only: string;
  against?: string;
  priceList?: true;
  quick?: true;
  stack?: true;
  original?: string;
  sizes?: true;
  dashboards?: true;
};

/** Runs the bench that the options ask for. */
export async function benchCommand(
  { rounds, seconds, only, against, original, quick, ...chosen }: BenchChoice,
  progress: Progress,
): Promise<void> {
  const options = { rounds, seconds: seconds ?? (quick ? 3 : 5) };
  if (chosen.priceList) {
    const rows = quick ? priceRows.filter(({ isQuick }) => isQuick) : priceRows;
    const loads = chooseScenarios(only, quick ? [productList] : [productList, trip]);
    await priceList(rows, loads, options, progress);
  } else if (chosen.sizes) {
    await benchSizes(chooseScenarios(only, sizeScenarios), options, progress);
  } else if (chosen.stack) {
    await benchStack({ against, original }, chooseScenarios(only), options, progress);
  } else if (chosen.dashboards) {
    await withStack(progress.signal, ({ settings }) => benchDashboards(only, rounds, settings, progress));
  } else if (against === undefined) {
    await bench(chooseScenarios(only), options, progress);
  } else {
    await benchAgainst(against, chooseScenarios(only), options, progress);
  }
}
