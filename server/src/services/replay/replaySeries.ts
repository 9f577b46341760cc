/**
 * Makes a synthetic series again from its provenance, its original and the stored nodules, and compares every voxel with
 * what the archive holds. Nothing is written.
 */
import { Provenance, type Edit, type ReplayedEdit, type ReplayReport } from '@nodulelab/contract';
import type { DicomFile } from '../../dicom/ctSlice.ts';
import { readPrivateBlock } from '../../dicom/privateBlock.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { ServiceContext } from '../context.ts';
import { editMaterial } from '../editMaterial.ts';
import type { EditMaterial, EditResult, RemakeWork } from '../imaging/protocol.ts';
import { compareAll, largestDifference } from './compare.ts';
import { openStack, type CtStack } from './ctStack.ts';
import { sampleAnew, TOLERANCE_HU } from './sampleAnew.ts';

type Context = Pick<ServiceContext, 'archive' | 'store' | 'imaging' | 'models' | 'configuration'>;

/**
 * @throws NoduleLabError `not-found` where the series, its original or a stored nodule is missing; `unusable` where the
 *   series has no provenance or a stored nodule is damaged
 */
export async function replaySeries(
  context: Context,
  seriesInstanceUID: string,
  signal?: AbortSignal,
): Promise<ReplayReport> {
  const files = await filesOf(context, seriesInstanceUID, 'series', signal);
  const provenance = provenanceOf(files, seriesInstanceUID);
  const { sourceSeriesInstanceUID, edits } = provenance;
  const steps: RemakeWork['steps'][number][] = [];
  for (const [n, edit] of edits.entries()) steps.push({ edit, material: await materialOf(context, edit, n) });
  const original = await openStack(await filesOf(context, sourceSeriesInstanceUID, 'original', signal));
  const written = await openStack(files);
  requireSameSize(original, written, seriesInstanceUID);
  const made = await context.imaging.remake({ seriesInstanceUID: sourceSeriesInstanceUID, steps });
  signal?.throwIfAborted();
  const comparison = await compareAll(original, made, written);
  const replayed: ReplayedEdit[] = [];
  for (const [n, edit] of edits.entries()) {
    signal?.throwIfAborted();
    const difference = comparison.edits[n]!;
    replayed.push({
      kind: edit.kind,
      identical: difference.differingVoxels === 0,
      ...difference,
      resampled: await resampled(context, { original, provenance, steps, made }, n),
      model: edit.kind === 'insert' ? edit.model : null,
    });
  }
  return {
    ...{ seriesInstanceUID, sourceSeriesInstanceUID, edits: replayed },
    identical: comparison.differingVoxels === 0,
    voxels: comparison.voxels,
    differingVoxels: comparison.differingVoxels,
    codeVersion: { written: provenance.codeVersion, now: context.configuration.version },
  };
}

async function filesOf(
  { archive }: Context,
  uid: string,
  what: 'series' | 'original',
  signal: AbortSignal | undefined,
): Promise<DicomFile[]> {
  const files = await archive.downloadSeries(uid, signal ? { signal } : {});
  if (files.length > 0) return files;
  throw new NoduleLabError(
    'not-found',
    what === 'series'
      ? `The archive has no series ${uid}.`
      : `The archive has no series ${uid}, which is the original: import it again, then replay.`,
    { seriesInstanceUID: uid },
  );
}

function provenanceOf(files: readonly DicomFile[], seriesInstanceUID: string): Provenance {
  const texts = new Set(files.map((file) => readPrivateBlock(file)?.provenance));
  const [text] = texts;
  const refuse = (why: string): never => {
    throw new NoduleLabError('unusable', `Series ${seriesInstanceUID} ${why}`, { seriesInstanceUID });
  };
  if (texts.size > 1) return refuse('has slices of different provenance: see `nodulelab verify`.');
  if (text === undefined)
    return refuse(
      'carries no provenance of NoduleLab, so there is nothing to make again: see `nodulelab verify`.',
    );
  try {
    return Provenance.parse(JSON.parse(text));
  } catch {
    return refuse('has a provenance that this version cannot read: it is damaged, or of another version.');
  }
}

async function materialOf({ store }: Context, edit: Edit, n: number): Promise<EditMaterial> {
  try {
    return await editMaterial(store, edit);
  } catch (error) {
    if (!(error instanceof NoduleLabError)) throw error;
    const what = edit.kind === 'insert' ? 'the candidate' : 'the mask of the removed nodule';
    throw new NoduleLabError(
      error.kind,
      `Edit ${n + 1} (${edit.kind}) cannot be made again without ${what}: ${error.message}`,
      { ...error.details, edit: n + 1 },
      error,
    );
  }
}

function requireSameSize(original: CtStack, written: CtStack, seriesInstanceUID: string): void {
  const sizeOf = ({ columns, rows, slices }: CtStack): string => `${columns} x ${rows} x ${slices.length}`;
  if (sizeOf(original) === sizeOf(written)) return;
  throw new NoduleLabError(
    'unusable',
    `Series ${seriesInstanceUID} has ${sizeOf(written)} voxels and its original ${sizeOf(original)}: slices are missing in the archive.`,
    { seriesInstanceUID },
  );
}

interface Made {
  readonly original: CtStack;
  readonly provenance: Provenance;
  readonly steps: RemakeWork['steps'];
  readonly made: readonly EditResult[];
}

async function resampled(
  { imaging, models }: Context,
  { original, provenance, steps, made }: Made,
  n: number,
): Promise<ReplayedEdit['resampled']> {
  const { edit, material } = steps[n]!;
  if (edit.kind === 'remove')
    return { possible: false, reason: 'removal', message: 'A removal has no model: nothing is sampled.' };
  const differenceWith = async (patch: Float32Array): Promise<number> => {
    const again = await imaging.remake({
      seriesInstanceUID: provenance.sourceSeriesInstanceUID,
      steps: [...steps.slice(0, n), { edit, material: { kind: 'insert', patch } }],
    });
    return largestDifference(original, made.slice(0, n + 1), again);
  };
  const anew = await sampleAnew(models, edit);
  if ('possible' in anew) return anew;
  const same = material.kind === 'insert' && sameVoxels(material.patch, anew.voxels);
  const maxAbsHu = same ? 0 : await differenceWith(anew.voxels);
  return { possible: true, maxAbsHu, toleranceHu: TOLERANCE_HU, within: maxAbsHu <= TOLERANCE_HU };
}

const sameVoxels = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, at) => value === b[at]);
