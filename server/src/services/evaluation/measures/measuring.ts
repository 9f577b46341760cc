/** What every measure is given, and how it answers: a figure for each set that is judged, in their order. */
import type { InsertedSize } from '../../../evaluation/adherence.ts';
import { sampleOf, type Sample } from '../../../evaluation/sample.ts';
import { project, type FeatureSpace } from '../../../evaluation/featureSpace.ts';
import type { Space, View } from '../../../evaluation/patchGroup.ts';
import type { Estimate, Figure } from '../../../evaluation/result.ts';
import { rowsOf } from '../../../evaluation/sample.ts';
import type { Described, PatchDescription } from '../describe/described.ts';
import type { FeatureSpaces } from '../tools.ts';

export interface Measuring {
  readonly real: Described;
  /** Real nodules of other patients, for the floor; null: real is halved by patient. */
  readonly other: Described | null;
  /** Ellipsoids of real's sizes. */
  readonly bad: Described;
  /** The synthetic set, then the controls. Intervals are made for the first only: gates look at values. */
  readonly subjects: readonly Described[];
  /** Null without a network; `missing` says why. */
  readonly spaces: FeatureSpaces | null;
  readonly missing: string;
  /** Sizes in CTs of the nodules of the synthetic and the real set; undefined where none was inserted. */
  readonly inserted?: Readonly<Record<'synthetic' | 'real', readonly (InsertedSize | null)[]>> | undefined;
  readonly seed: number;
  readonly draws: number;
}

export const drawsFor = ({ draws }: Measuring, subject: number): number => (subject === 0 ? draws : 0);

/** What a figure is, whatever was found. */
export type Kind = Pick<Figure, 'key' | 'title' | 'definition' | 'unit' | 'better' | 'space' | 'view'>;

export interface Found {
  readonly measured: Estimate;
  readonly floor: Estimate | null;
  readonly bad: Estimate | null;
  readonly n: Figure['n'];
}

export const computed = (kind: Kind, found: Found): Figure =>
  Number.isFinite(found.measured.value)
    ? { ...kind, ...found, notComputed: null }
    : notComputed(kind, 'It has no value on these sets: what it is divided by is zero.', found.n);

export const notComputed = (kind: Kind, why: string, n: Figure['n'] = { real: 0, synthetic: 0 }): Figure => ({
  ...kind,
  ...{ measured: null, floor: null, bad: null, n, notComputed: why },
});

/** A value without an interval. */
export const plain = (value: number): Estimate => ({ value, interval: null });

/** A group in a space and view: standardised, in the directions that were fixed beforehand. */
export interface InSpace {
  readonly sample: Sample;
  /** Patches of the group, those without a nodule to describe included. */
  readonly of: number;
}

export function inSpace(
  { group, patches }: Described,
  space: Space,
  view: View,
  fixed: FeatureSpace,
): InSpace {
  const vectors: (readonly number[])[] = [];
  const clusters: string[] = [];
  for (const [index, patch] of patches.entries()) {
    const vector = vectorOf(patch, space, view);
    if (vector === null) continue;
    vectors.push(vector);
    clusters.push(group.items[index]!.cluster);
  }
  if (vectors.length === 0)
    return {
      sample: sampleOf({ count: 0, dimension: fixed.components.length, values: new Float64Array(0) }, []),
      of: group.count,
    };
  return { sample: sampleOf(project(fixed, rowsOf(vectors)), clusters), of: group.count };
}

export function vectorOf(patch: PatchDescription, space: Space, view: View): readonly number[] | null {
  return space === 'radiomics' ? patch.radiomics[view] : (patch.attributes[view]?.features ?? null);
}
