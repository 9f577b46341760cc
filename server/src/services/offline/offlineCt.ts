/** A CT in a folder, and the synthetic series that is made of it: no archive, no server. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Edit, MeasuredEdit, PlacementSetting, QualityCheck } from '@nodulelab/contract';
import { readCtSeries } from '../../dicom/ctSeries.ts';
import type { DicomFile } from '../../dicom/ctSlice.ts';
import type { Signer } from '../../dicom/signature.ts';
import { verifyDerived } from '../../dicom/verifyDerived.ts';
import { mayWriteBack } from '../../security/writeBack.ts';
import type { Vec3 } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { hostOf, type Host } from '../imaging/hosts.ts';
import { factsOf } from '../imaging/operations.ts';
import { requireOriginal } from '../imaging/original.ts';
import type { EditResult } from '../imaging/protocol.ts';
import { writeObjects } from '../imaging/writeObjects.ts';
import { writeFolder } from '../insertSet/folders.ts';
import { badNames, requireConfirmed } from './confirmation.ts';
import type { Recorder } from './record.ts';

export interface OfflineOptions {
  readonly dicomDir: string;
  /** A new folder. */
  readonly outDir: string;
  /** Names of checks whose bad verdict a person has seen and accepts. */
  readonly confirmed: readonly string[];
  readonly researchArchive: boolean;
  readonly codeVersion: string;
  readonly now: Date;
  readonly newUid: () => string;
  readonly signer: Signer;
  readonly record: Recorder;
}

export type Progress = (fraction: number, message: string) => void;

/** An edit with its voxels, and what it is made again from. */
export interface OfflineEdit {
  readonly edit: Edit;
  readonly result: EditResult;
  /** What the place is; null for a removal. */
  readonly setting: PlacementSetting | null;
  readonly material: Uint8Array;
}

export interface OfflineResult {
  readonly outDir: string;
  readonly seriesInstanceUID: string;
  readonly sourceSeriesInstanceUID: string;
  readonly slices: number;
  /** Files beside the slices. */
  readonly segmentation: string;
  readonly report: string;
  /** What was done, in this order. */
  readonly edits: readonly {
    readonly kind: Edit['kind'];
    readonly centre: Vec3;
    readonly diameterMm: number;
    readonly setting: PlacementSetting | null;
    /** Null where nothing was sampled, or it is not recorded. */
    readonly model: { readonly name: string; readonly sha256: string | null } | null;
    readonly measured: MeasuredEdit;
    readonly checks: readonly QualityCheck[];
  }[];
}

/**
 * Reads the host.
 * @throws NoduleLabError `conflict` where the output folder has files in it; `refused` for a host that is not
 *   de-identified; `unusable` for one that is synthetic already
 */
export async function openOfflineHost({
  dicomDir,
  outDir,
  researchArchive,
}: Pick<OfflineOptions, 'dicomDir' | 'outDir' | 'researchArchive'>): Promise<Host> {
  await requireEmpty(outDir);
  const host = hostOf(readCtSeries(await filesOf(dicomDir)));
  requireOriginal(host.series);
  const decision = mayWriteBack(factsOf(host), { researchArchive });
  if (!decision.allowed) throw new NoduleLabError('refused', decision.reason);
  return host;
}

/**
 * Writes the CT with its segmentation and its report, reads the CT back, and proves it. The folder is there whole, or
 * not at all.
 * @throws NoduleLabError `refused` with `details.unconfirmed` where a check is bad
 */
export async function writeOffline(
  host: Host,
  made: readonly OfflineEdit[],
  options: OfflineOptions,
): Promise<OfflineResult> {
  requireConfirmed(
    made.flatMap(({ result }) => result.checks),
    options.confirmed,
  );
  const { outDir, codeVersion, now, newUid, signer, record } = options;
  const { seriesInstanceUID: sourceSeriesInstanceUID } = host.series;
  const changes = made.map(({ result: { box, hu, footprint } }) => ({
    ...{ box, hu, footprint },
    trackingUid: newUid(),
  }));
  const written = writeObjects(
    host,
    {
      ...{ edits: changes, now, seriesNumbers: new Set<number>() },
      provenance: {
        ...{ version: 2, codeVersion, sourceSeriesInstanceUID },
        edits: made.map((one) => recordOf(one)),
      },
    },
    { newUid, signer },
  );
  const { seriesInstanceUID, instances, fingerprints } = written;
  await writeFolder(outDir, async (write) => {
    const paths: string[] = [];
    for (const [index, { bytes }] of instances.entries())
      paths.push(await write(`${String(index + 1).padStart(4, '0')}.dcm`, bytes));
    await write(SEGMENTATION_FILE, written.segmentation.bytes);
    await write(REPORT_FILE, written.report.bytes);
    const readBack = await Promise.all(
      paths.map(async (name) => ({ name, bytes: new Uint8Array(await readFile(name)) })),
    );
    verifyDerived(host.series, readBack, changes);
    const artefacts = made.map(({ material }) => material);
    await record({ seriesInstanceUID, sourceSeriesInstanceUID, fingerprints, artefacts });
  });
  return {
    ...{ outDir, seriesInstanceUID, sourceSeriesInstanceUID, slices: instances.length },
    segmentation: join(outDir, SEGMENTATION_FILE),
    report: join(outDir, REPORT_FILE),
    edits: made.map(({ edit, result: { checks, measured }, setting }) => ({
      ...{ kind: edit.kind, centre: edit.centre, diameterMm: edit.diameterMm, setting, measured, checks },
      model: edit.kind === 'insert' ? edit.model : null,
    })),
  };
}

const SEGMENTATION_FILE = 'segmentation.dcm';
const REPORT_FILE = 'report.dcm';

/** What a person confirmed stays with the edit. */
function recordOf(made: OfflineEdit): Edit {
  const { edit, result } = made;
  const confirmedChecks = badNames(result.checks);
  if (edit.kind === 'remove' || confirmedChecks.length === 0) return edit;
  return { ...edit, details: { ...edit.details, confirmedChecks } };
}

async function requireEmpty(dir: string): Promise<void> {
  const entries = await readdir(dir).catch(() => []);
  if (entries.length > 0)
    throw new NoduleLabError('conflict', `${dir} is not empty: give a new folder, nothing is overwritten`, {
      dir,
    });
}

async function filesOf(dir: string): Promise<DicomFile[]> {
  const info = await stat(dir).catch(() => undefined);
  if (!info?.isDirectory())
    throw new NoduleLabError('not-found', `${dir} is not a folder: give the folder with the CT slices`, {
      dir,
    });
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files: DicomFile[] = [];
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const name = join(entry.parentPath, entry.name);
    files.push({ name, bytes: await readFile(name) });
  }
  return files;
}
