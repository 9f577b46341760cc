/** How far the generator follows what it was asked for, as rows, as figures of every subject, and as points to draw. */
import { adherence, wasAsked, type AdherenceSide } from '../../../evaluation/adherence.ts';
import { adherenceFigures, unasked } from '../../../evaluation/adherenceFigures.ts';
import type { AskedSizes } from '../../../evaluation/report/material.ts';
import type { Adherence, Figure } from '../../../evaluation/result.ts';
import type { Described } from '../describe/described.ts';
import type { Measuring } from './measuring.ts';

export interface AdherenceFound {
  readonly rows: Adherence[];
  /** For each subject; controls are asked for nothing. */
  readonly figures: readonly Figure[][];
  /** Null for a generator that takes no diameter. */
  readonly sizes: AskedSizes | null;
}

export function adherenceFound({ real, subjects, inserted, seed, draws }: Measuring): AdherenceFound {
  const synthetic = sideOf(subjects[0]!, inserted?.synthetic);
  const rows = adherence({ synthetic, real: sideOf(real, inserted?.real), seed, draws });
  const figures = adherenceFigures(rows, wasAsked(synthetic.items));
  return {
    rows,
    figures: subjects.map((_, index) => (index === 0 ? figures : unasked(figures))),
    sizes: sizesOf(synthetic),
  };
}

const sideOf = ({ group, patches }: Described, inserted: AdherenceSide['inserted']): AdherenceSide => ({
  items: group.items,
  largestDiameterMm: patches.map(({ nodule }) => nodule?.largestDiameterMm ?? null),
  inserted,
  meanHu: patches.map(({ nodule }) => nodule?.meanHu ?? null),
  predicted: patches.map(({ attributes: { patch } }) => patch?.predicted ?? null),
});

function sizesOf({ items, largestDiameterMm, inserted }: AdherenceSide): AskedSizes | null {
  if (!items.some(({ conditions }) => conditions['diameter'] !== undefined)) return null;
  const points = (found: (index: number) => number | null | undefined): [number, number][] =>
    items.flatMap(({ conditions: { diameter } }, index) => {
      const size = found(index);
      return diameter === undefined || typeof size !== 'number' ? [] : [[diameter, size]];
    });
  return {
    patch: points((index) => largestDiameterMm[index]),
    inserted: points((index) => inserted?.[index]?.sphereMm),
  };
}
