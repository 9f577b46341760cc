/** The real nodules of an experiment under one rule: those that are malignant or benign, of both folds of the split. */
import type { PatchManifest, RealPatch } from '../../dataset/manifest.ts';
import { NoduleLabError } from '../../volume/errors.ts';

/** One of them. */
export interface RealNodule {
  readonly id: string;
  readonly patient: string;
  readonly malignant: boolean;
  /** Largest in-plane diameter, mm. */
  readonly diameterMm: number;
  /** As readers rate it, 1 (ground glass) to 5 (solid); null where nobody did. */
  readonly texture: number | null;
  /** Which set it lies in, and as which patch. */
  readonly fold: 'train' | 'test';
  readonly index: number;
}

/** Of the two sets of one split, train first; indeterminate nodules are left out. */
export function realNodules(manifests: readonly PatchManifest[]): RealNodule[] {
  return manifests.flatMap(({ patches, fold }) =>
    patches.flatMap((patch, index) => {
      if (patch.origin !== 'real' || patch.class === 'indeterminate') return [];
      return [noduleOf(patch, fold, index)];
    }),
  );
}

const noduleOf = (patch: RealPatch, fold: 'train' | 'test', index: number): RealNodule => ({
  id: patch.id,
  patient: patch.patientId,
  malignant: patch.class === 'malignant',
  diameterMm: patch.diameterMm,
  texture: patch.characteristics?.texture ?? null,
  fold,
  index,
});

/**
 * The same nodules with their labels dealt out among them at random: as many malignant ones, and nothing to be found.
 * @param order a permutation of their indices
 */
export const withDealtLabels = <T extends RealNodule>(nodules: readonly T[], order: ArrayLike<number>): T[] =>
  nodules.map((nodule, i) => ({ ...nodule, malignant: nodules[order[i]!]!.malignant }));

/** @throws NoduleLabError `unusable` where a class has too few patients for the folds */
export function requireBothClasses(nodules: readonly RealNodule[], folds: number, what: string): void {
  for (const malignant of [true, false]) {
    const patients = new Set(
      nodules.filter((nodule) => nodule.malignant === malignant).map(({ patient }) => patient),
    );
    if (patients.size < folds)
      throw new NoduleLabError(
        'unusable',
        `${what} has ${malignant ? 'malignant' : 'benign'} nodules of ${patients.size} patients, and ${folds} folds need one each: ` +
          'take a larger source or fewer folds.',
      );
  }
}
