/** How good the attribute network is on patients that it has not seen, each figure with its interval and its ceiling. */
import type { Characteristics, RealPatch } from '../../dataset/manifest.ts';
import { auc } from '../../evaluation/auc.ts';
import { clusterBootstrap } from '../../evaluation/bootstrap.ts';
import { spearman } from '../../evaluation/correlation.ts';
import { inceptionScore } from '../../evaluation/inceptionScore.ts';
import { rowsOf } from '../../evaluation/sample.ts';
import { CHARACTERISTICS, CLASSES, type Characteristic } from '../../networks/attributeArchitecture.ts';
import type { AttributeReading } from '../../networks/attributeNetwork.ts';
import type { CardFigure } from '../../networks/networkCard.ts';
import { meanAbsoluteError, medianOf, quadraticKappa } from './agreement.ts';
import type { ReaderRatings } from './readerRatings.ts';

/** One view of one nodule: what the network says, and what is known. */
export interface JudgedReading {
  readonly nodule: RealPatch;
  readonly reading: AttributeReading;
}

/** Where nearly all nodules have one value there is nothing to rank. */
export const LITTLE_SUPPORT = 0.9;

type Statistic = (x: readonly number[], y: readonly number[]) => number;
const STATISTICS: readonly (readonly [string, Statistic])[] = [
  // Where all were rated alike there is nothing to rank.
  ['Spearman', (x, y) => (new Set(y).size < 2 ? Number.NaN : spearman(x, y))],
  ['mean absolute error', meanAbsoluteError],
  ['quadratic-weighted kappa', quadraticKappa],
];
const CEILING = 'ceiling: one reader against another, over all pairs of readers of a nodule';
/** The network answers for the median of several readers, which is steadier than one of them. */
const others = (value: number | null): string =>
  value === null
    ? ''
    : `; one reader against the median of the others, which is what the network is asked: ${value}`;

/**
 * @param ratings of single readers of the same nodules; without them there is no ceiling
 */
export function attributeFigures(
  judged: readonly JudgedReading[],
  ratings: ReaderRatings | null,
  { draws, seed }: { readonly draws: number; readonly seed: number },
): CardFigure[] {
  const figure = (
    what: string,
    rows: readonly JudgedReading[],
    statistic: (rows: readonly JudgedReading[]) => number,
    more: { ceiling?: number | null; note?: string } = {},
  ): CardFigure => ({
    ...{ what, n: new Set(rows.map(({ nodule }) => nodule.id)).size, ceiling: more.ceiling ?? null },
    ...valueOf(rows, statistic, { draws, seed }),
    ...(more.note === undefined ? {} : { note: more.note }),
  });
  const rated = judged.filter(({ nodule }) => nodule.characteristics !== null);
  const pairs = ratings === null ? null : readerPairs(new Set(rated.map(({ nodule }) => nodule.id)), ratings);
  const columns = (rows: readonly JudgedReading[], name: Characteristic) =>
    [
      rows.map(({ reading }) => reading.predicted[name]),
      rows.map(({ nodule }) => nodule.characteristics![name]),
    ] as const;

  return [
    ...CHARACTERISTICS.flatMap((name) => {
      const little =
        commonestShare(rated.map(({ nodule }) => nodule.characteristics![name])) >= LITTLE_SUPPORT;
      return STATISTICS.map(([statistic, of]) => {
        const between = pairs === null ? null : finite(of(...ratingColumns(pairs.each, name)));
        const toOthers = pairs === null ? null : finite(of(...ratingColumns(pairs.toOthers, name)));
        const note = [
          ...(little ? ['nearly all nodules have one value: this says little'] : []),
          ...(pairs === null ? [] : [CEILING + others(toOthers)]),
        ].join('; ');
        return figure(`${name}: ${statistic}`, rated, (rows) => of(...columns(rows, name)), {
          ceiling: between,
          ...(note === '' ? {} : { note }),
        });
      });
    }),
    figure('diameter: median relative error', judged, (rows) =>
      medianOf(
        rows.map(({ nodule, reading }) => Math.abs(reading.predicted.diameterMm / nodule.diameterMm - 1)),
      ),
    ),
    ...malignancyFigures(judged, figure),
    figure(
      `class of ${CLASSES.length}: share that is right`,
      rated,
      (rows) =>
        rows.filter(({ nodule, reading }) => nodule.class === likeliestClass(reading)).length / rows.length,
    ),
    figure(
      'domain Inception score of the held-out nodules themselves',
      rated,
      (rows) => inceptionScore(rowsOf(rows.map(({ reading }) => reading.classProbabilities))).score,
      { note: `classes: ${CLASSES.join(', ')}; its maximum is ${CLASSES.length}` },
    ),
  ];
}

function malignancyFigures(
  judged: readonly JudgedReading[],
  figure: (
    what: string,
    rows: readonly JudgedReading[],
    statistic: (rows: readonly JudgedReading[]) => number,
    more?: { note?: string },
  ) => CardFigure,
): CardFigure[] {
  const clear = judged.filter(({ nodule }) => nodule.class !== 'indeterminate');
  const network = ({ reading }: JudgedReading): number =>
    reading.classProbabilities[0]! / (reading.classProbabilities[0]! + reading.classProbabilities[1]!);
  const diameter = ({ nodule }: JudgedReading): number => nodule.diameterMm;
  const aucOf = (score: (row: JudgedReading) => number) => (rows: readonly JudgedReading[]) => {
    const malignant = rows.map(({ nodule }) => nodule.class === 'malignant');
    // A draw of patients may hold one class alone.
    return new Set(malignant).size < 2 ? Number.NaN : auc(rows.map(score), malignant);
  };
  const note = 'malignant against benign by the readers, indeterminate ones left out; no pathology';
  return [
    figure('malignancy: AUC of the network', clear, aucOf(network), { note }),
    figure('malignancy: AUC of the diameter alone', clear, aucOf(diameter), { note }),
    figure(
      'malignancy: AUC of the network less that of the diameter',
      clear,
      (rows) => aucOf(network)(rows) - aucOf(diameter)(rows),
      { note },
    ),
  ];
}

/** Null where there is nothing to compute from; the interval is bootstrapped by patient. */
function valueOf(
  rows: readonly JudgedReading[],
  statistic: (rows: readonly JudgedReading[]) => number,
  { draws, seed }: { readonly draws: number; readonly seed: number },
): Pick<CardFigure, 'value' | 'interval'> {
  if (rows.length === 0 || !Number.isFinite(statistic(rows))) return { value: null, interval: null };
  const { value, interval } = clusterBootstrap({
    clusters: [rows.map(({ nodule }) => nodule.patientId)],
    statistic: ([drawn]) => statistic(Array.from(drawn!, (row) => rows[row]!)),
    draws,
    seed,
  });
  return { value: rounded(value), interval: interval && [rounded(interval.low), rounded(interval.high)] };
}

type Pairs = readonly (readonly [Characteristics, Characteristics])[];

/** Every reader of a nodule with every other one, in both orders, and with the median of all others. */
function readerPairs(
  wanted: ReadonlySet<string>,
  ratings: ReaderRatings,
): { readonly each: Pairs; readonly toOthers: Pairs } {
  const several = [...ratings].flatMap(([id, all]) => (wanted.has(id) && all.length > 1 ? [all] : []));
  const withOthers = several.flatMap((all) =>
    all.map((one, i) => ({ one, rest: all.filter((_, j) => j !== i) })),
  );
  return {
    each: withOthers.flatMap(({ one, rest }) => rest.map((other) => [one, other] as const)),
    toOthers: withOthers.map(({ one, rest }) => [one, medians(rest)] as const),
  };
}

const medians = (of: readonly Characteristics[]): Characteristics =>
  Object.fromEntries(
    CHARACTERISTICS.map((name) => [name, medianOf(of.map((ratings) => ratings[name]))]),
  ) as Characteristics;

const ratingColumns = (pairs: Pairs, name: Characteristic) =>
  [pairs.map(([one]) => one[name]), pairs.map(([, other]) => other[name])] as const;

/** Share of the value that most have. */
export function commonestShare(values: readonly number[]): number {
  const counts = [...Map.groupBy(values, (value) => value).values()].map(({ length }) => length);
  return Math.max(0, ...counts) / Math.max(1, values.length);
}

const likeliestClass = ({ classProbabilities }: AttributeReading): string =>
  CLASSES[classProbabilities.indexOf(Math.max(...classProbabilities))]!;

const rounded = (value: number): number => Number(value.toFixed(4));
const finite = (value: number): number | null => (Number.isFinite(value) ? rounded(value) : null);
