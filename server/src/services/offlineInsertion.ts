/** Insertion without archive or server: a folder of DICOM in, a folder of DICOM out. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QualityCheck } from '@nodulelab/contract';
import { readCtSeries } from '../dicom/ctSeries.ts';
import { mayWriteBack } from '../security/writeBack.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { insertEdit } from './editRecord.ts';
import { factsOf, deriveFrom, previewIn, proposeIn, verifyAgainst } from './imaging/operations.ts';
import { hostOf } from './imaging/hosts.ts';
import type { ModelRegistry } from './models.ts';
import { DEFAULT_DIAMETER_MM, nodulePatch, type NoduleChoice } from './nodulePatch.ts';
import { blendingSeed } from './placement.ts';
import { wantedPoint, type WantedPlace } from './wantedPlace.ts';

export interface OfflineInsertion {
  readonly dicomDir: string;
  readonly outDir: string;
  readonly nodule: NoduleChoice;
  /** Voxels are column, row and slice, slices in their order along the body. */
  readonly at: WantedPlace;
  /** Without it the recorded size of the nodule, else 10 mm. */
  readonly diameterMm?: number | undefined;
  /** Chooses the place where the program proposes one. */
  readonly seed: number;
  readonly researchArchive: boolean;
  readonly codeVersion: string;
  readonly now: Date;
  readonly newUid: () => string;
}

export interface OfflineResult {
  readonly seriesInstanceUID: string;
  readonly sourceSeriesInstanceUID: string;
  readonly centre: Vec3;
  readonly diameterMm: number;
  readonly slices: number;
  /** Null where the nodule's file does not say. */
  readonly model: string | null;
  readonly modelSha256: string | null;
  readonly checks: readonly QualityCheck[];
  readonly outDir: string;
}

/**
 * Inserts one nodule and writes the derived series, verified by reading the written files back.
 * @throws NoduleLabError `conflict` where the output folder has files in it; `refused` for a host that is not de-identified
 */
export async function insertOffline(
  models: ModelRegistry,
  request: OfflineInsertion,
  progress: (fraction: number, message: string) => void,
): Promise<OfflineResult> {
  await requireEmpty(request.outDir);
  progress(0, 'Reading the CT');
  const host = hostOf(readCtSeries(await filesOf(request.dicomDir)));
  const facts = factsOf(host);
  const decision = mayWriteBack(facts, request);
  if (!decision.allowed) throw new NoduleLabError('refused', decision.reason);

  progress(0.3, 'Preparing the nodule');
  const patch = await nodulePatch(models, request.nodule);
  const { model } = patch.origin;
  const { seed } = request;
  const diameterMm = request.diameterMm ?? patch.origin.diameterMm ?? DEFAULT_DIAMETER_MM;
  const centre = wantedPoint(host.series.volume, request.at, () => proposeIn(host, { diameterMm, seed }).centre);

  progress(0.5, 'Inserting');
  const change = previewIn(host, {
    ...{ patch: patch.voxels, centre, diameterMm },
    seed: blendingSeed(patch.sha256),
  });
  const { box, hu } = change;
  const edit = insertEdit(
    {
      ...{ candidateSha256: patch.sha256, candidateId: null, model, options: {}, diameterMm },
      ...{ seed: patch.origin.seed, index: patch.origin.index },
      ...{ centre: [...centre], blendingSeed: blendingSeed(patch.sha256) },
      ...(patch.file === undefined ? {} : { details: { patchFileSha256: patch.file.sha256 } }),
    },
    change,
  );
  const derived = deriveFrom(
    host,
    {
      changes: [{ box, hu }],
      now: request.now,
      provenance: {
        ...{ version: 2, codeVersion: request.codeVersion, edits: [edit] },
        sourceSeriesInstanceUID: facts.seriesInstanceUID,
      },
    },
    request.newUid,
  );
  progress(0.8, 'Writing');
  await mkdir(request.outDir, { recursive: true });
  for (const [index, { bytes }] of derived.instances.entries())
    await writeFile(join(request.outDir, `${String(index + 1).padStart(4, '0')}.dcm`), bytes);
  verifyAgainst(host, {
    changes: [{ box, hu }],
    files: (await filesOf(request.outDir)).map(({ bytes }) => bytes),
  });
  progress(1, 'Verified');
  return {
    seriesInstanceUID: derived.seriesInstanceUID,
    sourceSeriesInstanceUID: facts.seriesInstanceUID,
    centre,
    diameterMm,
    slices: derived.instances.length,
    model: model?.name ?? null,
    modelSha256: model?.sha256 ?? null,
    checks: change.checks,
    outDir: request.outDir,
  };
}

async function requireEmpty(dir: string): Promise<void> {
  const entries = await readdir(dir).catch(() => []);
  if (entries.length > 0)
    throw new NoduleLabError('conflict', `${dir} is not empty: give a new folder, nothing is overwritten`, {
      dir,
    });
}

async function filesOf(dir: string): Promise<{ name: string; bytes: Uint8Array }[]> {
  const info = await stat(dir).catch(() => undefined);
  if (!info?.isDirectory())
    throw new NoduleLabError('not-found', `${dir} is not a folder: give the folder with the CT slices`, {
      dir,
    });
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files: { name: string; bytes: Uint8Array }[] = [];
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const name = join(entry.parentPath, entry.name);
    files.push({ name, bytes: await readFile(name) });
  }
  return files;
}
