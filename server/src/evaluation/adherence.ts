/**
 * How far a generator follows what it was asked for. A characteristic goes with size (large nodules are spiculated and
 * malignant), so whether a generator follows it is asked at fixed diameter; and a network that predicts it does so
 * imperfectly, so the same statistic on held-out real nodules stands beside it. It is called the ceiling, and is that of a
 * generator that shows a rating as real nodules do; one that overdoes what it is asked for can pass it.
 */
import type { Characteristics } from '../dataset/manifest.ts';
import { clusterBootstrap } from './bootstrap.ts';
import { CONDITION_NAMES } from '../gan/conditions.ts';
import { Random } from '../nn/random.ts';
import { partialSpearman, partialSpearmanEstimate } from './correlation.ts';
import type { GroupItem } from './patchGroup.ts';
import type { Adherence, Estimate } from './result.ts';

/** A set as it was measured; all lists have one entry a patch. */
export interface AdherenceSide {
  readonly items: readonly GroupItem[];
  /** Largest in-plane diameter above half maximum, mm; null where the patch shows no nodule. */
  readonly largestDiameterMm: readonly (number | null)[];
  /** Null for a patch that was not inserted; undefined where none was. */
  readonly inserted?: readonly (InsertedSize | null)[] | undefined;
  /** Mean of the measured nodule, HU. */
  readonly meanHu: readonly (number | null)[];
  /** By the attribute network, which no generator was trained with; null where there is none. */
  readonly predicted: readonly (Readonly<Record<string, number>> | null)[];
}

/** A nodule as it measures in a host CT, by the voxels of the host above half maximum. */
export interface InsertedSize {
  /** Diameter of the ball of its volume, mm: what insertion takes a diameter for. */
  readonly sphereMm: number;
  /** Largest in-plane diameter, mm: what readers measure. */
  readonly largestMm: number;
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

const ASKED = CONDITION_NAMES.filter((name) => name !== 'diameter');
/** Rows of the report, in their order: first what our own generators can be asked for. */
export const ADHERENCE_CHARACTERISTICS: readonly (keyof Characteristics)[] = [
  ...ASKED,
  'subtlety',
  'calcification',
  'internalStructure',
];

/** Why a row is not computed whose condition the generator does not take. */
export const NOT_ASKED = 'not asked for';
const NOT_INSERTED = 'no nodule of the set was inserted into a CT';
/** Deals of the requests to other nodules, whose mean is what chance alone gives. */
const DEALS = 20;

/** Whether a generator was asked for anything. */
export const wasAsked = (items: readonly GroupItem[]): boolean =>
  items.some(({ conditions }) => Object.keys(conditions).length > 0);

/** One row each for the diameter on the patch and in a CT, the density for its texture, and every characteristic. */
export function adherence(options: AdherenceOptions): Adherence[] {
  return [
    sizeRow('diameter', options, ({ largestDiameterMm }, index) => largestDiameterMm[index]),
    sizeRow('insertedDiameter', options, ({ inserted }, index) => inserted?.[index]?.sphereMm),
    sizeRow('insertedLargest', options, ({ inserted }, index) => inserted?.[index]?.largestMm),
    correlationRow('textureHu', 'texture', options, ({ meanHu }, index) => meanHu[index]),
    ...ADHERENCE_CHARACTERISTICS.map((name) =>
      correlationRow(name, name, options, ({ predicted }, index) => predicted[index]?.[name]),
    ),
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

type Found = (side: AdherenceSide, index: number) => number | null | undefined;

/** Of a generator that takes no diameter, a manifest's is what its sample stands for. */
const sizeOf = ({ conditions, diameterMm }: GroupItem): number => conditions['diameter'] ?? diameterMm;

function sizeRow(
  attribute: 'diameter' | 'insertedDiameter' | 'insertedLargest',
  { synthetic, real, draws, seed }: AdherenceOptions,
  found: Found,
): Adherence {
  const of = (side: AdherenceSide): Pairs => pairsOf(side, sizeOf, (index) => found(side, index));
  const pairs = of(synthetic);
  const ofReal = of(real);
  const measured = medianError(pairs, { draws, seed });
  const why =
    attribute === 'diameter' || synthetic.inserted !== undefined
      ? undefined
      : wasAsked(synthetic.items)
        ? NOT_INSERTED
        : NOT_ASKED;
  return {
    ...row(attribute, 'median relative error', pairs, measured, why),
    ...{ ceiling: medianError(ofReal, { draws, seed }), ceilingN: ofReal.asked.length },
    chance: measured === null ? null : { value: errorByChance(pairs, seed), interval: null },
  };
}

/** @param attribute the row's name; `asked` is the condition that it is about */
function correlationRow(
  attribute: string,
  asked: keyof Characteristics,
  { synthetic, real, draws, seed }: AdherenceOptions,
  found: Found,
): Adherence {
  const correlation = ({ asked: x, found: y, diameters: control, clusters }: Pairs): Estimate | null =>
    x.length < LEAST_PAIRS || !Number.isFinite(partialSpearman(x, y, control))
      ? null
      : partialSpearmanEstimate({ x, y, control, clusters, draws, seed });
  const pairs = pairsOf(
    synthetic,
    (item) => item.conditions[asked],
    (index) => found(synthetic, index),
  );
  const ofReal = pairsOf(
    real,
    (item) => item.characteristics?.[asked],
    (index) => found(real, index),
  );
  const wanted = synthetic.items.some(({ conditions }) => conditions[asked] !== undefined);
  const why =
    wanted && pairs.asked.length === 0 ? 'there is no attribute network that would tell' : undefined;
  return {
    ...row(attribute, 'partial Spearman at fixed diameter', pairs, correlation(pairs), why),
    ...{ ceiling: correlation(ofReal), ceilingN: ofReal.asked.length, chance: null },
  };
}

const relativeError = (asked: number, found: number): number => Math.abs(found - asked) / asked;

function medianError(
  { asked, found, clusters }: Pairs,
  bootstrap: { readonly draws: number; readonly seed: number },
): Estimate | null {
  if (asked.length < LEAST_PAIRS) return null;
  const errors = Float64Array.from(asked, (wanted, at) => relativeError(wanted, found[at]!));
  return clusterBootstrap({
    ...bootstrap,
    clusters: [clusters],
    statistic: ([rows]) => median(Float64Array.from(rows!, (at) => errors[at]!)),
  });
}

/** The error where each request is held against the nodule of another: that of a generator which follows none. */
function errorByChance({ asked, found }: Pairs, seed: number): number {
  const random = Random.of('evaluation', 'adherence', 'dealt', seed);
  let sum = 0;
  for (let deal = 0; deal < DEALS; deal++) {
    const order = random.permutation(asked.length);
    sum += median(Float64Array.from(found, (size, at) => relativeError(asked[order[at]!]!, size)));
  }
  return sum / DEALS;
}

function median(values: Float64Array): number {
  values.sort();
  const half = values.length >> 1;
  return values.length % 2 === 1 ? values[half]! : (values[half - 1]! + values[half]!) / 2;
}

function row(
  attribute: string,
  statistic: Adherence['statistic'],
  { asked: { length: n } }: Pairs,
  measured: Estimate | null,
  why?: string,
): Pick<Adherence, 'attribute' | 'statistic' | 'unit' | 'measured' | 'n' | 'notComputed'> {
  const notComputed =
    measured !== null
      ? null
      : (why ??
        (n === 0
          ? NOT_ASKED
          : n < LEAST_PAIRS
            ? `${n} patches, and ${LEAST_PAIRS} are needed at least`
            : 'what was asked for, or what was found, is the same for all, or goes with the diameter wholly'));
  return { attribute, statistic, unit: '1', measured, n, notComputed };
}
