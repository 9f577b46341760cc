/** Small sets of both classes, written by the product's own writer: soft balls whose size goes with their class. */
import type { CtEnds, PatchManifest, RealPatch } from '../../server/src/dataset/manifest.ts';
import { writePatchSet } from '../../server/src/dataset/patchSetWriter.ts';
import { splitPatients, TEST_FOLD } from '../../server/src/dataset/split.ts';
import { Random } from '../../server/src/nn/random.ts';
import { sha256Of } from '../../server/src/store/artefacts.ts';

export interface SetPlan {
  readonly malignant: number;
  readonly benign: number;
  readonly indeterminate?: number;
  readonly size?: number;
  readonly alpha?: boolean;
  /** Nodule number n, size³ values; all much the same where nothing is said. */
  readonly patch?: (n: number) => Float32Array;
  /** Of every nodule. */
  readonly ctEnds?: CtEnds;
  /** What the manifest says differently. */
  readonly manifest?: Partial<
    Pick<PatchManifest, 'fold' | 'form' | 'class' | 'fieldOfView' | 'softMargin' | 'split' | 'windowHu'>
  >;
}

export const RULE = { seed: 1, folds: 5, testPatients: ['LIDC-IDRI-0001'] } as const;

/**
 * Values of [0, 1]: parenchyma with a soft ball; a generator's samples differ a little from each other.
 * @param softness voxels over which its edge falls by a factor e
 */
export function ballPatch(size: number, radius: number, name: string, softness = 0.6): Float32Array {
  const random = Random.of('ball', name);
  const centre = (size - 1) / 2 + random.uniform() / 4;
  const values = new Float32Array(size ** 3);
  for (let z = 0, at = 0; z < size; z++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++, at++)
        values[at] =
          0.093 + 0.65 / (1 + Math.exp((Math.hypot(x - centre, y - centre, z - centre) - radius) / softness));
  return values;
}

/** The split of so many patients P000 … by a rule. */
export function splitOf(
  count: number,
  rule: Parameters<typeof splitPatients>[1] = RULE,
): PatchManifest['split'] {
  const all = Array.from({ length: count }, (_, n) => `P${String(n).padStart(3, '0')}`);
  const { assignment, testPatients, ...split } = splitPatients(all, rule);
  return { ...split, testPatients: [...testPatients], assignment: { ...assignment } };
}

export async function makeSet(outDir: string, plan: SetPlan): Promise<PatchManifest> {
  const { malignant, benign, indeterminate = 0, size = 16, alpha = false } = plan;
  const classes = [
    ...Array.from({ length: malignant }, () => 'malignant' as const),
    ...Array.from({ length: benign }, () => 'benign' as const),
    ...Array.from({ length: indeterminate }, () => 'indeterminate' as const),
  ];
  const { fold = 'train', split = splitOf(8 * classes.length + 8) } = plan.manifest ?? {};
  // Each nodule is of a patient of its own, who belongs to the set's fold.
  const patients = Object.keys(split.assignment).filter(
    (patient) => (split.assignment[patient] === TEST_FOLD) === (fold === 'test'),
  );
  const counts = { malignant, benign, indeterminate };
  return writePatchSet({ outDir, dtype: 'f16' }, async (writer) => {
    for (const [n, nodule] of classes.entries()) {
      const diameterMm = { malignant: 12, benign: 6, indeterminate: 8 }[nodule] + (n % 7) / 2;
      const hu = plan.patch?.(n) ?? ballPatch(size, size / 4, `real ${n}`);
      const entry: RealPatch = {
        origin: 'real',
        id: `${patients[n]}/1`,
        patientId: patients[n]!,
        seriesUID: `1.2.840.99999.${n}`,
        noduleId: `Nodule ${n}`,
        diameterMm,
        equivalentDiameterMm: diameterMm,
        spacingMm: (2 * diameterMm) / size,
        class: nodule,
        centre: [n, -80.5, 120.25],
        ...(plan.ctEnds === undefined ? {} : { ctEnds: plan.ctEnds }),
        characteristics: {
          ...{ subtlety: 3, internalStructure: 1, calcification: 6, sphericity: 4, margin: 4 },
          ...{ lobulation: 2, texture: 5, spiculation: (n % 5) + 1 },
          malignancy: { malignant: 5, benign: 1, indeterminate: 3 }[nodule],
        },
        readers: 4,
        malignancyRatings: [{ malignant: 5, benign: 1, indeterminate: 3 }[nodule]],
        ratingSource: 'readers',
        maskOf: 'consensus',
        flags: [],
        sourceSha256: sha256Of(`source ${n}`),
      };
      const soft = hu.map((value) => Math.min(1, Math.max(0, (value - 0.093) / 0.65)));
      await writer.add(alpha ? [hu, soft] : [hu], entry);
    }
    return {
      size,
      channels: alpha ? ['hu', 'alpha'] : ['hu'],
      form: 'isolated',
      class: 'all',
      fold,
      fieldOfView: { diameters: 2 },
      windowHu: [-1000, 400],
      minDiameterMm: 5,
      maxDiameterMm: 40,
      cancerRule: {
        rule: { kind: 'median', leastReaders: 1 },
        text: 'median malignancy >= 4 malignant, <= 2 benign, otherwise indeterminate',
        ratedBy: { readers: classes.length, majority: 0, none: 0 },
        counts,
        countsInSet: counts,
      },
      leftOut: [{ id: `${patients[0]}/9`, reason: 'diameter 3.1 mm is under 5 mm' }],
      problems: [{ name: '/data/broken.nii.gz', message: 'cut short' }],
      split,
      ...plan.manifest,
    };
  });
}
