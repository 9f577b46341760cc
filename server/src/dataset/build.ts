/** Builds a set of patches with its manifest: the semantics of `nodulelab dataset build`. */
import { NoduleLabError } from '../volume/errors.ts';
import { WINDOW_HIGH_HU, WINDOW_LOW_HU } from '../volume/window.ts';
import { largestInPlaneDiameter, volumeEquivalentDiameter } from '../lidc/diameter.ts';
import { boxSize, centroid, largestPiece } from '../lidc/boxMask.ts';
import { CANCER_RULE, classOf, MEDIAN_RULE } from './cancerRule.ts';
import type { NoduleClass, RatingSource } from './cancerRule.ts';
import type { FieldOfView, PatchManifest, RealPatch } from './manifest.ts';
import { requireNewFolder, writePatchSet } from './patchSetWriter.ts';
import type { PatchSetWriter } from './patchSetWriter.ts';
import { contextPatch, isolatedPatch, PATCH_SIZE } from './patch.ts';
import type { NoduleSource, SourceNodule } from './source.ts';
import { openSource } from './openSource.ts';
import type { SourceOptions } from './openSource.ts';
import { ALWAYS_TEST, splitPatients, TEST_FOLD } from './split.ts';

export interface BuildOptions {
  readonly source: SourceOptions;
  readonly class: 'malignant' | 'benign' | 'all';
  readonly form: 'isolated' | 'context';
  /** `'scaled'` is twice each nodule's largest in-plane diameter. */
  readonly fieldOfView: 'scaled' | FieldOfView;
  /** Smaller nodules are left out. Default 5 for a field of view in diameters (they fill too few voxels), else 3. */
  readonly minDiameterMm?: number;
  /** Larger ones are left out: sprawling marks rather than nodules. Default 40 for a field of view in diameters. */
  readonly maxDiameterMm?: number;
  readonly split?: {
    readonly seed?: number;
    readonly testPatients?: readonly string[];
    readonly folds?: number;
  };
  readonly fold: 'train' | 'test';
  /** Folder of the set; must not exist yet. */
  readonly outDir: string;
  readonly dtype?: 'f16' | 'f32';
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Cuts the patches and writes `manifest.json` and `patches.f16` (or `.f32`) into `outDir`, all or nothing: the folder
 * appears complete, by one rename. The same input gives the same bytes.
 */
export async function buildDataset(options: BuildOptions): Promise<PatchManifest> {
  const { outDir, dtype = 'f16', signal } = options;
  await requireNewFolder(outDir);
  const source = await openSource(options.source);
  if (options.form === 'context' && !source.wholeCts)
    throw new NoduleLabError(
      'unusable',
      'Context patches need whole CTs: nodule cut-outs end with the nodule. Use the isolated form, or CT series.',
    );
  return writePatchSet({ outDir, dtype, signal }, (writer) => cutAll(options, source, writer));
}

async function cutAll(
  options: BuildOptions,
  source: NoduleSource,
  writer: PatchSetWriter,
): ReturnType<Parameters<typeof writePatchSet>[1]> {
  const { form, fold, signal, onProgress } = options;
  const fieldOfView = options.fieldOfView === 'scaled' ? { diameters: 2 } : options.fieldOfView;
  const scaled = 'diameters' in fieldOfView;
  const minDiameterMm = options.minDiameterMm ?? (scaled ? 5 : 3);
  const maxDiameterMm = options.maxDiameterMm ?? (scaled ? 40 : null);
  const split = splitPatients(
    source.nodules.map(({ patientId }) => patientId),
    {
      seed: options.split?.seed ?? 1,
      folds: options.split?.folds ?? 5,
      testPatients: [...ALWAYS_TEST, ...(options.split?.testPatients ?? [])],
    },
  );
  const wanted = source.nodules
    .filter(({ patientId }) => (split.assignment[patientId] === TEST_FOLD) === (fold === 'test'))
    .filter((nodule) => options.class === 'all' || classOf(nodule.malignancyRatings) === options.class)
    .toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));

  const leftOut: { id: string; reason: string }[] = [];
  for (const [index, nodule] of wanted.entries()) {
    signal?.throwIfAborted();
    onProgress?.(index, wanted.length);
    const cut = await cutPatch(nodule, form, fieldOfView, minDiameterMm, maxDiameterMm);
    if ('reason' in cut) leftOut.push({ id: idOf(nodule), reason: cut.reason });
    else await writer.add([cut.data], cut.entry);
  }
  onProgress?.(wanted.length, wanted.length);
  if (writer.entries.length === 0)
    throw new NoduleLabError(
      'unusable',
      `No nodule of class "${options.class}" and fold "${fold}" gave a patch: ` +
        `${wanted.length} were considered, ${leftOut.length} left out${leftOut[0] ? ` (${leftOut[0].reason})` : ''}. ` +
        'Choose another class, fold or diameter, or a source with more patients.',
    );
  const ratedBy = (by: RatingSource): number =>
    source.nodules.filter(({ ratingSource }) => ratingSource === by).length;
  return {
    size: PATCH_SIZE,
    channels: ['hu'],
    form,
    class: options.class,
    fold,
    fieldOfView,
    windowHu: [WINDOW_LOW_HU, WINDOW_HIGH_HU],
    minDiameterMm,
    maxDiameterMm,
    cancerRule: {
      rule: MEDIAN_RULE,
      text: CANCER_RULE,
      ratedBy: { readers: ratedBy('readers'), majority: ratedBy('majority'), none: ratedBy('none') },
      counts: classCounts(source.nodules.map(({ malignancyRatings }) => classOf(malignancyRatings))),
      countsInSet: classCounts(writer.entries.map((patch) => patch.class)),
    },
    leftOut,
    problems: source.problems.map(({ name, message }) => ({ name, message })),
    split: { ...split, testPatients: [...split.testPatients], assignment: { ...split.assignment } },
  };
}

type Cut = { readonly entry: RealPatch; readonly data: Float32Array } | { readonly reason: string };

async function cutPatch(
  nodule: SourceNodule,
  form: BuildOptions['form'],
  fieldOfView: FieldOfView,
  minDiameterMm: number,
  maxDiameterMm: number | null,
): Promise<Cut> {
  const { ct, mask: consensus, sha256 } = await nodule.load();
  const mask = largestPiece(consensus);
  const local = { size: boxSize(mask.box), spacing: ct.spacing };
  const diameterMm = largestInPlaneDiameter(local, mask.bits);
  if (diameterMm < minDiameterMm)
    return { reason: `diameter ${diameterMm.toFixed(1)} mm is under ${minDiameterMm} mm` };
  if (maxDiameterMm !== null && diameterMm > maxDiameterMm)
    return { reason: `diameter ${diameterMm.toFixed(1)} mm is over ${maxDiameterMm} mm` };
  const fieldMm = 'mm' in fieldOfView ? fieldOfView.mm : fieldOfView.diameters * diameterMm;
  const centre = centroid(ct, mask);
  let data: Float32Array;
  try {
    data =
      form === 'isolated' ? isolatedPatch(ct, mask, fieldMm).data : contextPatch(ct, centre, fieldMm).data;
  } catch (error) {
    if (error instanceof NoduleLabError && error.kind === 'unusable') return { reason: error.message };
    throw error;
  }
  const entry: RealPatch = {
    origin: 'real',
    id: idOf(nodule),
    patientId: nodule.patientId,
    seriesUID: nodule.seriesUID,
    noduleId: nodule.noduleId,
    diameterMm: round(diameterMm),
    equivalentDiameterMm: round(volumeEquivalentDiameter(local, mask.bits)),
    spacingMm: fieldMm / PATCH_SIZE,
    centre: [round(centre[0]), round(centre[1]), round(centre[2])],
    characteristics: nodule.characteristics === null ? null : { ...nodule.characteristics },
    readers: nodule.readers,
    maskOf: nodule.maskOf,
    flags: [...nodule.flags],
    malignancyRatings: [...nodule.malignancyRatings],
    ratingSource: nodule.ratingSource,
    class: classOf(nodule.malignancyRatings),
    sourceSha256: sha256,
  };
  return { entry, data };
}

function classCounts(classes: readonly NoduleClass[]): Record<NoduleClass, number> {
  const counts = { malignant: 0, benign: 0, indeterminate: 0 };
  for (const one of classes) counts[one]++;
  return counts;
}

function idOf({ patientId, noduleId }: SourceNodule): string {
  return `${patientId}/${noduleId}`;
}

/** To a thousandth of a millimetre. */
function round(mm: number): number {
  return Math.round(mm * 1000) / 1000;
}
