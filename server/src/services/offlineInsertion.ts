/** Insertion without archive or server: a folder of DICOM in, a folder of DICOM out. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QualityCheck } from '@nodulelab/contract';
import { readCtSeries } from '../dicom/ctSeries.ts';
import { mayWriteBack } from '../security/writeBack.ts';
import { sha256Of } from '../store/artefacts.ts';
import type { Vec3 } from '../volume/ctVolume.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { factsOf, deriveFrom, previewIn, proposeIn, verifyAgainst } from './imaging/operations.ts';
import { hostOf } from './imaging/hosts.ts';
import type { ModelRegistry } from './models.ts';
import { blendingSeed } from './placement.ts';

export interface OfflineInsertion {
  readonly dicomDir: string;
  readonly outDir: string;
  readonly at: Vec3 | 'auto';
  readonly diameterMm: number;
  readonly seed: number;
  readonly model?: string | undefined;
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
  readonly model: string;
  readonly modelSha256: string;
  readonly checks: readonly QualityCheck[];
  readonly outDir: string;
}

/**
 * Inserts one sample and writes the derived series, verified by reading the written files back.
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

  progress(0.3, 'Sampling');
  const { model, sampler } = await models.load(request.model);
  const patch = await sampler.sample(request.seed, 0);
  const candidateSha256 = sha256Of(new Uint8Array(patch.buffer, patch.byteOffset, patch.byteLength));
  const { diameterMm, seed } = request;
  const centre = request.at === 'auto' ? proposeIn(host, { diameterMm, seed }) : request.at;

  progress(0.5, 'Inserting');
  const change = previewIn(host, { patch, centre, diameterMm, seed: blendingSeed(candidateSha256) });
  const { box, hu } = change;
  const derived = deriveFrom(
    host,
    {
      box,
      hu,
      now: request.now,
      provenance: {
        modelName: model.name,
        modelHash: model.sha256,
        modelVersion: model.sha256.slice(0, 12),
        codeVersion: request.codeVersion,
        seed,
        candidateIndex: 0,
        centre,
        diameterMm,
        parameters: { candidateSha256 },
      },
    },
    request.newUid,
  );
  progress(0.8, 'Writing');
  await mkdir(request.outDir, { recursive: true });
  for (const [index, { bytes }] of derived.instances.entries())
    await writeFile(join(request.outDir, `${String(index + 1).padStart(4, '0')}.dcm`), bytes);
  verifyAgainst(host, { box, hu, files: (await filesOf(request.outDir)).map(({ bytes }) => bytes) });
  progress(1, 'Verified');
  return {
    seriesInstanceUID: derived.seriesInstanceUID,
    sourceSeriesInstanceUID: facts.seriesInstanceUID,
    centre,
    diameterMm,
    slices: derived.instances.length,
    model: model.name,
    modelSha256: model.sha256,
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
