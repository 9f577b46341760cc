/** The table of a comparison: one row a measure, one column an arm. Page, terminal and findings all read it here. */
import type { View } from '../../evaluation/patchGroup.ts';
import type { Estimate, Figure } from '../../evaluation/result.ts';
import { ARMS, type Arm } from './arms.ts';
import type { ArmResult, Comparison, Spread } from './comparisonResult.ts';

export interface Cell {
  readonly value: number;
  /** An interval of the value, or the quartiles where the row says so. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface TableRow {
  readonly key: string;
  readonly title: string;
  /** What is computed. */
  readonly definition: string;
  readonly unit: string;
  readonly better: Figure['better'] | 'near 0';
  /** What the brackets are. */
  readonly brackets: 'interval' | 'quartiles' | null;
  readonly cells: Readonly<Record<Arm, Cell | null>>;
  /** Why nothing was computed; null where something was. */
  readonly notComputed: string | null;
}

const CHECK_ROWS: readonly { name: string; title: string; better: TableRow['better'] }[] = [
  { name: 'seam', title: 'Seam at the border', better: 'near 0' },
  { name: 'noise-power', title: 'Noise power against the host', better: 'near 0' },
  { name: 'hu-range', title: 'HU beyond the plausible', better: 'near 0' },
  { name: 'mean-hu', title: 'Mean HU', better: 'near floor' },
  { name: 'lung-overlap', title: 'Share in the lung', better: 'near floor' },
];

export function tableOf(comparison: Pick<Comparison, 'arms' | 'places'>): TableRow[] {
  const arms = new Map(comparison.arms.map((arm) => [arm.arm, arm]));
  const row = (
    rest: Omit<TableRow, 'cells' | 'notComputed'>,
    cell: (arm: ArmResult) => Cell | null,
    notComputed: string | null = null,
  ): TableRow => ({
    ...rest,
    cells: Object.fromEntries(ARMS.map((arm) => [arm, cell(arms.get(arm)!)])) as Record<Arm, Cell | null>,
    notComputed,
  });
  const total = comparison.places.length;
  return [
    row(
      {
        ...{
          key: 'checks/passed',
          title: 'No bad quality check',
          unit: '%',
          better: 'higher',
          brackets: null,
        },
        definition: `Share of the ${total} insertions in which none of the checks of a preview is bad.`,
      },
      ({ passed }) => ({ value: (100 * passed) / total, low: null, high: null }),
    ),
    ...CHECK_ROWS.map(({ name, title, better }) =>
      row(
        {
          ...{ key: `checks/${name}`, title, better, brackets: 'quartiles' as const },
          definition: `The check "${name}" of a preview: median and quartiles.`,
          unit: comparison.arms[0]?.checks.find((check) => check.name === name)?.unit ?? '',
        },
        ({ checks }) => cellOfSpread(checks.find((check) => check.name === name)?.values ?? null),
      ),
    ),
    row(
      {
        ...{ key: 'checks/diameter-error', title: 'Diameter off what was asked for', unit: '%' },
        ...{ better: 'near 0', brackets: 'quartiles' },
        definition:
          'Diameter of the ball of the measured volume, off the one that was asked for: median and quartiles.',
      },
      ({ arm }) => cellOfSpread(diameterErrors(comparison, arm)),
    ),
    row(
      {
        ...{ key: 'detector/mean', title: 'Detector: mean probability', unit: '', better: 'near floor' },
        brackets: 'interval',
        definition:
          'Mean over the places of the probability that the shipped detector gives; the interval is a bootstrap over places. High is good only as far as real nodules are high too.',
      },
      ({ detector }) => (detector === null ? null : cellOfEstimate(detector.mean)),
      comparison.arms.every(({ detector }) => detector === null) ? 'There is no detector here.' : null,
    ),
    row(
      {
        ...{ key: 'detector/found', title: 'Detector: found at 0.5', unit: '%', better: 'near floor' },
        brackets: null,
        definition: 'Share of the places at which the detector gives 0.5 or more.',
      },
      ({ detector }) =>
        detector === null ? null : { value: (100 * detector.found) / detector.n, low: null, high: null },
      comparison.arms.every(({ detector }) => detector === null) ? 'There is no detector here.' : null,
    ),
    ...figureRows(comparison.arms),
  ];
}

function diameterErrors({ places }: Pick<Comparison, 'places'>, arm: Arm): Spread {
  return spreadOf(places.map(({ place, lesions }) => 100 * (lesions[arm].measuredMm / place.diameterMm - 1)));
}

/** In the order of the first arm's figures. */
function figureRows(arms: readonly ArmResult[]): TableRow[] {
  const figureOf = (arm: Arm, key: string): Figure | undefined =>
    arms.find((one) => one.arm === arm)?.figures.find((figure) => figure.key === key);
  const first = new Map(
    arms.flatMap(({ figures }) => figures.map((figure) => [figure.key, figure] as const)),
  );
  return [...first.values()].map((figure) => ({
    ...{ key: figure.key, title: titleOf(figure), definition: figure.definition },
    ...{ unit: figure.unit, better: figure.better, brackets: 'interval' as const },
    cells: Object.fromEntries(
      ARMS.map((arm) => {
        const measured = figureOf(arm, figure.key)?.measured ?? null;
        return [arm, measured === null ? null : cellOfEstimate(measured)];
      }),
    ) as Record<Arm, Cell | null>,
    notComputed: ARMS.every((arm) => (figureOf(arm, figure.key)?.measured ?? null) === null)
      ? figure.notComputed
      : null,
  }));
}

const VIEW_TEXT: Readonly<Record<View, string>> = { patch: 'whole patch', nodule: 'crop to the nodule' };

/** Distances are there for each space and each view. */
const titleOf = ({ title, space, view }: Figure): string =>
  space === null || view === null ? title : `${title} (${space}, ${VIEW_TEXT[view]})`;

const cellOfEstimate = ({ value, interval }: Estimate): Cell => ({
  value,
  low: interval?.low ?? null,
  high: interval?.high ?? null,
});

const cellOfSpread = (spread: Spread): Cell | null =>
  spread === null ? null : { value: spread.median, low: spread.low, high: spread.high };

/** Median and quartiles; null values are left out. */
export function spreadOf(values: readonly (number | null)[]): Spread {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  if (known.length === 0) return null;
  const quantile = (share: number): number => {
    const at = share * (known.length - 1);
    const below = known[Math.floor(at)]!;
    return below + (known[Math.ceil(at)]! - below) * (at - Math.floor(at));
  };
  return { median: quantile(0.5), low: quantile(0.25), high: quantile(0.75), n: known.length };
}

/** A number as the table shows it. */
export function shown(value: number): string {
  const size = Math.abs(value);
  const text = value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

export function cellText(cell: Cell | null): string {
  if (cell === null) return '–';
  const { value, low, high } = cell;
  return low === null || high === null ? shown(value) : `${shown(value)} [${shown(low)}, ${shown(high)}]`;
}
