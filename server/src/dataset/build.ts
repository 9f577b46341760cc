/** Builds a set of patches with its manifest: the semantics of `nodulelab dataset build`. */
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NoduleLabError } from '../volume/errors.ts';
import { WINDOW_HIGH_HU, WINDOW_LOW_HU } from '../volume/window.ts';
import { largestInPlaneDiameter, volumeEquivalentDiameter } from '../lidc/diameter.ts';
import { boxSize, centroid, largestPiece } from '../lidc/boxMask.ts';
import { CANCER_RULE, classOf } from './cancerRule.ts';
import type { NoduleClass } from './cancerRule.ts';
import { MANIFEST_FILE, MANIFEST_VERSION } from './manifest.ts';
import type { FieldOfView, PatchEntry, PatchManifest } from './manifest.ts';
import { encodePatch } from './patchFile.ts';
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
  const { outDir, signal } = options;
  if (await exists(outDir))
    throw new NoduleLabError(
      'conflict',
      `${outDir} exists already: name a new folder, or remove that one first.`,
    );
  const source = await openSource(options.source);
  if (options.form === 'context' && !source.wholeCts)
    throw new NoduleLabError(
      'unusable',
      'Context patches need whole CTs: nodule cut-outs end with the nodule. Use the isolated form, or CT series.',
    );
  const parent = dirname(outDir);
  await mkdir(parent, { recursive: true });
  const working = join(parent, `.${basename(outDir)}.${process.pid}.partial`);
  await rm(working, { recursive: true, force: true });
  await mkdir(working);
  try {
    const manifest = await write(options, source, working);
    signal?.throwIfAborted();
    await rename(working, outDir);
    return manifest;
  } catch (error) {
    await rm(working, { recursive: true, force: true });
    if (signal?.aborted === true)
      throw new NoduleLabError(
        'cancelled',
        `Building ${outDir} was cancelled; nothing was left behind.`,
        {},
        error,
      );
    throw error;
  }
}

async function write(options: BuildOptions, source: NoduleSource, dir: string): Promise<PatchManifest> {
  const { form, fold, dtype = 'f16', signal, onProgress } = options;
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

  const patchesFile = `patches.${dtype}`;
  const file = await open(join(dir, patchesFile), 'wx');
  const hash = createHash('sha256');
  const patches: PatchEntry[] = [];
  const leftOut: { id: string; reason: string }[] = [];
  try {
    for (const [index, nodule] of wanted.entries()) {
      signal?.throwIfAborted();
      onProgress?.(index, wanted.length);
      const cut = await cutPatch(nodule, form, fieldOfView, minDiameterMm, maxDiameterMm);
      if ('reason' in cut) {
        leftOut.push({ id: idOf(nodule), reason: cut.reason });
        continue;
      }
      const bytes = encodePatch(cut.data, dtype);
      hash.update(bytes);
      await file.writeFile(bytes);
      patches.push(cut.entry);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  onProgress?.(wanted.length, wanted.length);
  if (patches.length === 0)
    throw new NoduleLabError(
      'unusable',
      `No nodule of class "${options.class}" and fold "${fold}" gave a patch: ` +
        `${wanted.length} were considered, ${leftOut.length} left out${leftOut[0] ? ` (${leftOut[0].reason})` : ''}. ` +
        'Choose another class, fold or diameter, or a source with more patients.',
    );
  const manifest: PatchManifest = {
    kind: 'nodulelab-patches',
    version: MANIFEST_VERSION,
    count: patches.length,
    size: PATCH_SIZE,
    dtype,
    form,
    class: options.class,
    fold,
    fieldOfView,
    windowHu: [WINDOW_LOW_HU, WINDOW_HIGH_HU],
    minDiameterMm,
    maxDiameterMm,
    cancerRule: {
      text: CANCER_RULE,
      ratedBy: {
        readers: source.nodules.filter(({ ratingSource }) => ratingSource === 'readers').length,
        majority: source.nodules.filter(({ ratingSource }) => ratingSource === 'majority').length,
      },
      counts: classCounts(source.nodules.map(({ malignancyRatings }) => classOf(malignancyRatings))),
      countsInSet: classCounts(patches.map((patch) => patch.class)),
    },
    leftOut,
    split: { ...split, testPatients: [...split.testPatients], assignment: { ...split.assignment } },
    patches,
    patchesFile,
    patchesSha256: hash.digest('hex'),
  };
  await writeFile(join(dir, MANIFEST_FILE), `${JSON.stringify(manifest, null, 1)}\n`);
  return manifest;
}

type Cut = { readonly entry: PatchEntry; readonly data: Float32Array } | { readonly reason: string };

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
  const entry: PatchEntry = {
    id: idOf(nodule),
    patientId: nodule.patientId,
    seriesUID: nodule.seriesUID,
    noduleId: nodule.noduleId,
    diameterMm: round(diameterMm),
    equivalentDiameterMm: round(volumeEquivalentDiameter(local, mask.bits)),
    spacingMm: fieldMm / PATCH_SIZE,
    centre: [round(centre[0]), round(centre[1]), round(centre[2])],
    characteristics: { ...nodule.characteristics },
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

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
