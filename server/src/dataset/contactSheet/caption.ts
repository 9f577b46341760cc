/** What a contact sheet says about a patch, as plain text. */
import { median } from '../../lidc/ratings.ts';
import type { PatchEntry } from '../manifest.ts';

export interface Caption {
  readonly id: string;
  readonly diameter: string;
  readonly class: PatchEntry['class'];
  readonly synthetic: boolean;
  /** Further lines, the most telling first. */
  readonly details: readonly string[];
}

const unknown = '–';

export function captionOf(entry: PatchEntry): Caption {
  const synthetic = entry.origin === 'synthetic';
  return {
    id: entry.id,
    diameter: `${entry.diameterMm.toFixed(1)} mm`,
    class: entry.class,
    synthetic,
    details: synthetic ? syntheticDetails(entry) : realDetails(entry),
  };
}

function realDetails(entry: Extract<PatchEntry, { origin: 'real' }>): string[] {
  const { malignancyRatings, ratingSource, readers, characteristics, flags } = entry;
  const ratings = malignancyRatings.length === 0 ? unknown : malignancyRatings.join(' ');
  const marked = readers ?? malignancyRatings.length;
  const by = {
    readers: marked === 1 ? '1 reader' : `${marked} readers`,
    majority: 'majority',
    none: 'not rated',
  };
  return [
    `malignancy ${ratings} (${by[ratingSource]})`,
    `texture ${characteristics?.texture ?? unknown}, spiculation ${characteristics?.spiculation ?? unknown}`,
    ...(flags.length > 0 ? [`flags: ${flags.join(', ')}`] : []),
  ];
}

function syntheticDetails({
  model,
  seed,
  index,
  conditions,
}: Extract<PatchEntry, { origin: 'synthetic' }>): string[] {
  const said = (names: readonly string[]): string =>
    names.map((name) => `${name} ${Math.round(10 * conditions[name]!) / 10}`).join(', ');
  const asked = Object.keys(conditions).filter((name) => name !== 'diameter');
  // The same lines as of a real nodule, which may stand beside it.
  const first: readonly string[] = asked.filter((name) => name === 'malignancy');
  const second = ['texture', 'spiculation'].filter((name) => asked.includes(name));
  const others = asked.filter((name) => ![...first, ...second].includes(name));
  return [
    ...(first.length > 0 ? [`${said(first)} (asked for)`] : []),
    ...[second, others].filter((names) => names.length > 0).map(said),
    `model ${model.name} ${model.sha256.slice(0, 8)}`,
    `seed ${seed}, number ${index}`,
  ];
}

/** What the order by malignancy goes by: the median rating; a synthetic one has the middle of its class. */
export function malignancyOf(entry: PatchEntry): number {
  if (entry.origin === 'real' && entry.malignancyRatings.length > 0) return median(entry.malignancyRatings);
  return entry.class === 'malignant' ? 4 : entry.class === 'benign' ? 2 : 3;
}
