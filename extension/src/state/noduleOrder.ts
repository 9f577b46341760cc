/** In which order the list shows its nodules: each column from its upper end. */
import type { Nodule } from '@nodulelab/contract';

export const NODULE_ORDERS = ['diameter', 'texture', 'malignancy', 'readers'] as const;
export type NoduleOrder = (typeof NODULE_ORDERS)[number];

export const ORDER_WORDS: Readonly<Record<NoduleOrder, string>> = {
  diameter: 'largest first',
  texture: 'most solid first',
  malignancy: 'most malignant first',
  readers: 'marked by most readers first',
};

/** What is not rated comes last. */
const valueOf = ({ diameterMm, readers, consensus }: Nodule, order: NoduleOrder): number => {
  if (order === 'diameter') return diameterMm;
  if (order === 'readers') return readers;
  return consensus?.[order] ?? -Infinity;
};

/** Nodules that are alike in it stay in the order of their size. */
export const ordered = (nodules: readonly Nodule[], order: NoduleOrder): readonly Nodule[] =>
  nodules.toSorted(
    (a, b) => compare(valueOf(b, order), valueOf(a, order)) || compare(b.diameterMm, a.diameterMm),
  );

/** Without a difference of two infinities, which is no number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
