/**
 * How far a generator follows what it was asked for. A characteristic goes with size (large nodules are spiculated and
 * malignant), so whether a generator follows it is asked at fixed diameter; and a network that predicts it does so
 * imperfectly, so the same statistic on held-out real nodules stands beside it as the ceiling.
 */
import type { Characteristics } from '../dataset/manifest.ts';
import { clusterBootstrap } from './bootstrap.ts';
import { partialSpearman, partialSpearmanEstimate } from './correlation.ts';
import type { GroupItem } from './patchGroup.ts';
import type { Adherence, Estimate } from './result.ts';

/** A set as it was measured; all lists have one entry a patch. */
export interface AdherenceSide {
  readonly items: readonly GroupItem[];
  /** Diameter of the ball of the measured nodule's volume, mm; null where the patch shows no nodule. */
  readonly equivalentDiameterMm: readonly (number | null)[];
  /** Mean of the measured nodule, HU. */
  readonly meanHu: readonly (number | null)[];
  /** By the attribute network, which no generator was trained with; null where there is none. */
  readonly predicted: readonly (Readonly<Record<string, number>> | null)[];
}

export interface AdherenceOptions {
  readonly synthetic: AdherenceSide;
  /** Held-out nodules, which nobody asked for: what is known of them takes the place of the request. */
  readonly real: AdherenceSide;
  readonly draws: number;
  readonly seed: number;
}

/** Fewer pairs than these and nothing is said. */
export const LEAST_PAIRS = 10;

/** Which characteristics a generator may be asked for, in the order of the report. */
export const ADHERENCE_CHARACTERISTICS = [
  'malignancy',
  'texture',
  'spiculation',
  'lobulation',
  'sphericity',
  'margin',
  'subtlety',
  'calcification',
  'internalStructure',
] as const satisfies readonly (keyof Characteristics)[];

const NOT_ASKED = 'not asked for';

/** One row each for diameter, mean HU and every characteristic. */
export function adherence(options: AdherenceOptions): Adherence[] {
  return [
    diameterRow(options),
    meanHuRow(options),
    ...ADHERENCE_CHARACTERISTICS.map((name) => characteristicRow(name, options)),
  ];
}

interface Pairs {
  readonly asked: readonly number[];
  readonly found: readonly number[];
  readonly diameters: readonly number[];
  readonly clusters: readonly string[];
}

/** The patches of which both what was asked for and what was found are known. */
function pairsOf(
  side: AdherenceSide,
  asked: (item: GroupItem) => number | null | undefined,
  found: (index: number) => number | null | undefined,
): Pairs {
  const pairs = side.items.flatMap((item, index) => {
    const [wanted, got] = [asked(item), found(index)];
    return typeof wanted === 'number' && typeof got === 'number' && Number.isFinite(got)
      ? [{ wanted, got, item }]
      : [];
  });
  return {
    asked: pairs.map(({ wanted }) => wanted),
    found: pairs.map(({ got }) => got),
    diameters: pairs.map(({ item }) => item.diameterMm),
    clusters: pairs.map(({ item }) => item.cluster),
  };
}

/** A manifest's diameter is what was asked for; where the generator takes diameters, what it was given is the same. */
function diameterRow({ synthetic, real, draws, seed }: AdherenceOptions): Adherence {
  const of = (side: AdherenceSide): Pairs =>
    pairsOf(
      side,
      (item) => item.diameterMm,
      (index) => side.equivalentDiameterMm[index],
    );
  const error = (pairs: Pairs): Estimate | null =>
    medianError(pairs, (asked, found) => Math.abs(found - asked) / asked, { draws, seed });
  return row('diameter', 'median relative error', '1', of(synthetic), error, error(of(real)));
}

function meanHuRow({ synthetic, draws, seed }: AdherenceOptions): Adherence {
  const pairs = pairsOf(
    synthetic,
    (item) => item.conditions['meanHu'],
    (index) => synthetic.meanHu[index],
  );
  const error = (given: Pairs): Estimate | null =>
    medianError(given, (asked, found) => Math.abs(found - asked), { draws, seed });
  // Real nodules have the mean that they have: there is nothing that they could miss.
  return row('meanHu', 'median absolute error', 'HU', pairs, error, null);
}

function characteristicRow(
  name: (typeof ADHERENCE_CHARACTERISTICS)[number],
  { synthetic, real, draws, seed }: AdherenceOptions,
): Adherence {
  const correlation = (pairs: Pairs): Estimate | null => {
    const [x, y, control] = [pairs.asked, pairs.found, pairs.diameters];
    if (x.length < LEAST_PAIRS || !Number.isFinite(partialSpearman(x, y, control))) return null;
    return partialSpearmanEstimate({ x, y, control, clusters: pairs.clusters, draws, seed });
  };
  const pairs = pairsOf(
    synthetic,
    (item) => item.conditions[name],
    (index) => synthetic.predicted[index]?.[name],
  );
  const ceiling = correlation(
    pairsOf(
      real,
      (item) => item.characteristics?.[name],
      (index) => real.predicted[index]?.[name],
    ),
  );
  const asked = synthetic.items.some(({ conditions }) => conditions[name] !== undefined);
  const why = asked && pairs.asked.length === 0 ? 'there is no attribute network that would tell' : undefined;
  return row(name, 'partial Spearman at fixed diameter', '1', pairs, correlation, ceiling, why);
}

function medianError(
  { asked, found, clusters }: Pairs,
  error: (asked: number, found: number) => number,
  bootstrap: { readonly draws: number; readonly seed: number },
): Estimate | null {
  if (asked.length < LEAST_PAIRS) return null;
  const errors = Float64Array.from(asked, (wanted, at) => error(wanted, found[at]!));
  return clusterBootstrap({
    ...bootstrap,
    clusters: [clusters],
    statistic: ([rows]) => median(Float64Array.from(rows!, (at) => errors[at]!)),
  });
}

function median(values: Float64Array): number {
  values.sort();
  const half = values.length >> 1;
  return values.length % 2 === 1 ? values[half]! : (values[half - 1]! + values[half]!) / 2;
}

function row(
  attribute: string,
  statistic: Adherence['statistic'],
  unit: string,
  pairs: Pairs,
  estimate: (pairs: Pairs) => Estimate | null,
  ceiling: Estimate | null,
  why?: string,
): Adherence {
  const n = pairs.asked.length;
  const measured = estimate(pairs);
  const notComputed =
    measured !== null
      ? null
      : (why ??
        (n === 0
          ? NOT_ASKED
          : n < LEAST_PAIRS
            ? `${n} patches, and ${LEAST_PAIRS} are needed at least`
            : 'what was asked for, or what was found, is the same for all, or goes with the diameter wholly'));
  return { attribute, statistic, unit, measured, ceiling, n, notComputed };
}
