/**
 * Real and synthetic cases that cannot be told apart by what has nothing to do with realism: pairs alike in diameter, texture,
 * slice thickness, and of the same reconstruction kernel.
 */
import { NoduleLabError } from '../volume/errors.ts';

const { abs, max, min, sqrt } = Math;

export interface PoolCase {
  readonly id: string;
  /** Real cases of one patient are one place, whatever is shown there: a patient comes once. */
  readonly patient: string;
  readonly diameterMm: number;
  /** LIDC's scale, 1 (ground glass) to 5 (solid). */
  readonly texture: number;
  readonly sliceThicknessMm: number;
  readonly kernel: string;
}

export const MATCHED_ON = ['diameterMm', 'texture', 'sliceThicknessMm'] as const;
export type MatchedOn = (typeof MATCHED_ON)[number];

export interface Pair {
  readonly real: PoolCase;
  readonly synthetic: PoolCase;
}

export interface Balance {
  /** Difference of the means in units of the pooled standard deviation, by what is matched on. */
  readonly differences: Readonly<Record<MatchedOn, number>>;
  /** The largest of them, without its sign. */
  readonly worst: number;
  /** The largest difference in the share of a kernel, in the same units. */
  readonly kernels: number;
}

/** Standardised differences below this are called negligible (Austin, Stat. Med. 28:3083, 2009). */
export const NEGLIGIBLE = 0.1;

/** Pairs further apart than this in any one respect are no pairs, in standard deviations of both pools. */
const CALIPER = 0.5;

/** @returns differences of means over the root of the mean of both variances; 0 where neither varies and both agree */
export function balanceOf(real: readonly PoolCase[], synthetic: readonly PoolCase[]): Balance {
  const standardised = (a: readonly number[], b: readonly number[]): number => {
    const [meanA, meanB] = [mean(a), mean(b)];
    const spread = sqrt((variance(a, meanA) + variance(b, meanB)) / 2);
    const difference = meanA - meanB;
    return abs(difference) < 1e-12
      ? 0
      : spread === 0
        ? Infinity * Math.sign(difference)
        : difference / spread;
  };
  const differences = Object.fromEntries(
    MATCHED_ON.map((name) => [
      name,
      standardised(
        real.map((one) => one[name]),
        synthetic.map((one) => one[name]),
      ),
    ]),
  ) as Record<MatchedOn, number>;
  const kernels = [...new Set([...real, ...synthetic].map(({ kernel }) => kernel))].map((kernel) => {
    const has = (one: PoolCase): number => Number(one.kernel === kernel);
    return abs(standardised(real.map(has), synthetic.map(has)));
  });
  return { differences, worst: max(...Object.values(differences).map(abs)), kernels: max(0, ...kernels) };
}

export interface Matched {
  readonly pairs: readonly Pair[];
  readonly balance: Balance;
}

/**
 * As many pairs as are wanted, chosen for closeness, then exchanged until every standardised difference is negligible.
 *
 * @throws where the pools are too small: the error says how many pairs there could be and how many cases are missing
 */
export function matchedPairs(
  real: readonly PoolCase[],
  synthetic: readonly PoolCase[],
  wanted: number,
): Matched {
  if (!(Number.isInteger(wanted) && wanted >= 2))
    throw new NoduleLabError(
      'invalid-input',
      `A reading needs two pairs or more and ${wanted} are asked for.`,
    );
  const pairs = closestPairs(real, synthetic);
  const found = pairs.length < wanted ? null : balanced(pairs, wanted);
  if (found && found.balance.worst < NEGLIGIBLE && found.balance.kernels < NEGLIGIBLE) return found;
  const most = mostBalanced(pairs, min(wanted, pairs.length));
  throw new NoduleLabError(
    'unusable',
    `${wanted} matched pairs are asked for and ${real.length} real and ${synthetic.length} synthetic cases give ${most} ` +
      `(same kernel, diameter, texture and slice thickness alike to a standardised difference below ${NEGLIGIBLE}): ` +
      `${wanted - most} real and as many synthetic cases are missing. Add cases, or ask for ${most >= 2 ? `${most} pairs` : 'other pools'}.`,
    { wanted, most, missing: wanted - most },
  );
}

function mostBalanced(pairs: readonly Pair[], from: number): number {
  for (let count = from; count >= 2; count--) {
    const { balance } = balanced(pairs, count);
    if (balance.worst < NEGLIGIBLE && balance.kernels < NEGLIGIBLE) return count;
  }
  return 0;
}

/** Each case and each patient once, the closest first. */
function closestPairs(real: readonly PoolCase[], synthetic: readonly PoolCase[]): Pair[] {
  const all = [...real, ...synthetic];
  const spreads = MATCHED_ON.map((name) => {
    const values = all.map((one) => one[name]);
    return sqrt(variance(values, mean(values))) || 1;
  });
  const distance = (a: PoolCase, b: PoolCase): number => {
    if (a.kernel !== b.kernel) return Infinity;
    let sum = 0;
    for (const [k, name] of MATCHED_ON.entries()) {
      const apart = abs(a[name] - b[name]) / spreads[k]!;
      if (apart > CALIPER) return Infinity;
      sum += apart * apart;
    }
    return sum;
  };
  const candidates = real
    .flatMap((one) =>
      synthetic.map((other) => ({ real: one, synthetic: other, apart: distance(one, other) })),
    )
    .filter(({ apart }) => apart < Infinity)
    .toSorted((a, b) => a.apart - b.apart);
  const taken = new Set<string>();
  const patients = new Set<string>();
  return candidates.flatMap(({ real: one, synthetic: other }) => {
    const names = [`real ${one.id}`, `synthetic ${other.id}`];
    if (names.some((name) => taken.has(name)) || patients.has(one.patient)) return [];
    names.forEach((name) => taken.add(name));
    patients.add(one.patient);
    return [{ real: one, synthetic: other }];
  });
}

/** Begins with the closest pairs and exchanges one for another as long as that brings the worst difference down. */
function balanced(pairs: readonly Pair[], count: number): Matched {
  const chosen = pairs.slice(0, count);
  const spare = pairs.slice(count);
  const worstOf = (some: readonly Pair[]): number => {
    const { worst, kernels } = balanceOf(
      some.map((one) => one.real),
      some.map((one) => one.synthetic),
    );
    return max(worst, kernels);
  };
  let worst = worstOf(chosen);
  for (let improved = true; improved && worst >= NEGLIGIBLE;) {
    improved = false;
    for (let i = 0; i < chosen.length && !improved; i++)
      for (let j = 0; j < spare.length && !improved; j++) {
        const other = chosen.with(i, spare[j]!);
        const reached = worstOf(other);
        if (!(reached < worst)) continue;
        spare[j] = chosen[i]!;
        chosen[i] = other[i]!;
        worst = reached;
        improved = true;
      }
  }
  return {
    pairs: chosen,
    balance: balanceOf(
      chosen.map((one) => one.real),
      chosen.map((one) => one.synthetic),
    ),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[], middle: number): number =>
  values.length < 2 ? 0 : values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
