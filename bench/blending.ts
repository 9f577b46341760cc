/**
 * How inserted nodules compare with the real ones in the same scans: border, and noise inside. Needs the four LIDC
 * patients below NODULELAB_LIDC_DIR; nothing is measured without them.
 */
import { bandPower, type NoisePower } from '../server/src/insertion/noisePower.ts';
import { measurePairs, type Measured, type Pair } from './realAndInserted.ts';
import { median, type Row } from './row.ts';

const PER_NODULE = 8;
/** Cycles/mm; the coarse structure of the nodules themselves lies below the first. */
const BANDS = [
  [0.2, 0.4],
  [0.4, 0.6],
] as const;

export async function benchBlending(log: (line: string) => void): Promise<Row[]> {
  const pairs = await measurePairs(PER_NODULE, log);
  if (pairs.length === 0) {
    log('blending: the four LIDC patients are not below NODULELAB_LIDC_DIR, so nothing is compared');
    return [];
  }
  const gradient = ({ edge }: Measured): number => edge?.gradientHuPerMm ?? NaN;
  const share = ({ edge }: Measured): number =>
    edge === null ? NaN : edge.gradientHuPerMm / (edge.insideHu - edge.outsideHu);
  const width = ({ edge }: Measured): number => edge?.sigmaMm ?? NaN;
  const beside = `${pairs.length} real nodules, ${PER_NODULE} inserted for each`;
  return [
    ratioRow('seam: boundary gradient, inserted / real', pairs, gradient, beside, '0.8 to 1.25'),
    ratioRow('  by the contrast of each nodule', pairs, share, ''),
    ratioRow('edge width (sigma), inserted / real', pairs, width, ''),
    ...BANDS.flatMap(([low, high]) => noiseRows(pairs, low, high)),
  ];
}

/** Median over the real nodules of (mean of the inserted ones / the real one), and where the middle half lies. */
function ratioRow(
  what: string,
  pairs: readonly Pair[],
  value: (measured: Measured) => number,
  beside: string,
  goal?: string,
): Row {
  const ratios = pairs
    .map(({ real, inserted }) => mean(inserted.map(value)) / value(real))
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  const at = (part: number): string => ratios[Math.round(part * (ratios.length - 1))]!.toFixed(2);
  const spread = `middle half ${at(0.25)} to ${at(0.75)}, all ${at(0)} to ${at(1)}`;
  return {
    ...{ what, value: median(ratios), unit: '×' },
    ...(goal === undefined ? {} : { goal }),
    note: beside === '' ? spread : `${spread}; ${beside}`,
  };
}

function noiseRows(pairs: readonly Pair[], low: number, high: number): Row[] {
  const power = (noise: Pick<NoisePower, 'frequencies' | 'power'> | null): number =>
    noise === null ? NaN : bandPower(noise, low, high);
  const compared = pairs
    .map(({ real, inserted, host }) => ({
      real: power(real.core),
      inserted: mean(inserted.map(({ core }) => power(core))),
      host: power(host),
    }))
    .filter((each) => Object.values(each).every(Number.isFinite));
  const row = (what: string, value: (each: (typeof compared)[number]) => number): Row => ({
    what: `noise power, ${low} to ${high} cycles/mm, ${what}`,
    value: median(compared.map(value)),
    unit: '×',
    note: `${compared.length} nodules large enough`,
  });
  return [
    row('inserted / real', (each) => each.inserted / each.real),
    row("real / host's own noise", (each) => each.real / each.host),
    row("inserted / host's own noise", (each) => each.inserted / each.host),
  ];
}

function mean(values: readonly number[]): number {
  const known = values.filter(Number.isFinite);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
