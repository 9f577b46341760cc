/** Which nodules of the archive a quiz shows as real ones. */
import type { Nodule, Quiz } from '@nodulelab/contract';
import type { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';

/** What can be inserted at any size can be shown at it, mm. */
const SMALLEST_MM = 4;
const LARGEST_MM = 30;
/** Each further CT takes seconds to read. */
const MOST_SERIES = 3;

type Origin = 'imported' | 'phantom';

export interface RealNodules {
  readonly real: Quiz['real'];
  /** In an order drawn by chance, those of the open CT first. */
  readonly nodules: readonly Nodule[];
}

/**
 * Nodules of patients are never mixed with those of a phantom: "real" has one meaning in a quiz.
 * @param seriesInstanceUID the CT that is open, or what was made of it
 * @throws NoduleLabError `unusable` where there are none
 */
export async function realNodules(
  { store }: Pick<ServiceContext, 'store'>,
  seriesInstanceUID: string,
  random: Random,
): Promise<RealNodules> {
  const derived = await store.derived.get(seriesInstanceUID);
  const open = derived?.sourceSeriesInstanceUID ?? seriesInstanceUID;
  const bySeries = new Map<string, Nodule[]>();
  for (const nodule of await store.nodules.list()) {
    if (nodule.diameterMm < SMALLEST_MM || nodule.diameterMm > LARGEST_MM) continue;
    const known = bySeries.get(nodule.seriesInstanceUID);
    if (known) known.push(nodule);
    else bySeries.set(nodule.seriesInstanceUID, [nodule]);
  }
  const origins = new Map<string, Origin>();
  for (const uid of bySeries.keys()) {
    const origin = (await store.series.get(uid))?.origin;
    if (origin === 'imported' || origin === 'phantom') origins.set(uid, origin);
  }
  const wanted = origins.get(open) ?? ([...origins.values()].includes('imported') ? 'imported' : 'phantom');
  const alike = shuffled(
    [...origins].flatMap(([uid, origin]) => (origin === wanted ? [uid] : [])),
    random,
  );
  const series = [...alike.filter((uid) => uid === open), ...alike.filter((uid) => uid !== open)];
  const nodules = series.slice(0, MOST_SERIES).flatMap((uid) => shuffled(bySeries.get(uid) ?? [], random));
  if (nodules.length === 0)
    throw new NoduleLabError(
      'unusable',
      `There is no nodule of ${SMALLEST_MM} to ${LARGEST_MM} mm in this archive: import a CT with its annotations first.`,
    );
  return { real: wanted === 'phantom' ? 'phantom' : 'patients', nodules };
}

export const shuffled = <T>(items: readonly T[], random: Random): T[] =>
  [...random.permutation(items.length)].map((at) => items[at]!);
