/** How far readers agree with themselves: Cohen's kappa of first and second answers of all readers together. */
import { NoduleLabError } from '../volume/errors.ts';
import { cohenKappa, type Kappa } from './kappa.ts';
import { studentQuantile } from '../evaluation/quantiles.ts';

const { max, min, sqrt } = Math;

export interface Repeat {
  readonly case: string;
  /** Categories from 0: of the first answer and of the second. */
  readonly answers: readonly [number, number];
}

/** The standard error is the jackknife's over cases, with as many degrees of freedom as cases less one: what is hard for one reader is hard for the others too. */
export function agreementOnRepeats(repeats: readonly Repeat[], categories: number, level = 0.95): Kappa {
  if (repeats.length === 0)
    throw new NoduleLabError('invalid-input', 'Nobody has read a case twice: there are no repeats.');
  const byCase = new Map<string, Repeat[]>();
  for (const repeat of repeats) byCase.set(repeat.case, [...(byCase.get(repeat.case) ?? []), repeat]);
  const all = cohenKappa(
    repeats.map(({ answers }) => answers),
    categories,
    'none',
    level,
  );
  const without = [...byCase.keys()].map((name) => {
    const left = repeats.filter((repeat) => repeat.case !== name).map(({ answers }) => answers);
    return left.length === 0 ? null : cohenKappa(left, categories).value;
  });
  const cases = without.length;
  if (all.value === null || cases < 3 || without.some((value) => value === null))
    return { ...all, standardError: null, interval: null };
  const values = without as number[];
  const mean = values.reduce((sum, value) => sum + value, 0) / cases;
  const standardError = sqrt(
    ((cases - 1) / cases) * values.reduce((sum, value) => sum + (value - mean) ** 2, 0),
  );
  const reach = studentQuantile(0.5 + level / 2, cases - 1) * standardError;
  return {
    ...all,
    standardError,
    interval: { low: max(-1, all.value - reach), high: min(1, all.value + reach), level },
  };
}
