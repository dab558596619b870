import type { Progress } from '../progress.ts';
import { benchAgainst } from './against.ts';
import { bench } from './bench.ts';
import { priceList } from './price-list.ts';
import { priceRows } from './price-rows.ts';
import { chooseScenarios, productList, trip } from './scenarios.ts';

export type BenchChoice = {
  rounds: number;
  seconds?: number;
  only: string;
  against?: string;
  priceList?: true;
  quick?: true;
};

/** Runs the bench that the options ask for. */
export async function benchCommand(
  { rounds, seconds, only, against, priceList: isPriceList, quick }: BenchChoice,
  progress: Progress,
): Promise<void> {
  const options = { rounds, seconds: seconds ?? (quick ? 3 : 5) };
  if (isPriceList) {
    const rows = quick ? priceRows.filter(({ isQuick }) => isQuick) : priceRows;
    const loads = chooseScenarios(only, quick ? [productList] : [productList, trip]);
    await priceList(rows, loads, options, progress);
  } else if (against === undefined) {
    await bench(chooseScenarios(only), options, progress);
  } else {
    await benchAgainst(against, chooseScenarios(only), options, progress);
  }
}
