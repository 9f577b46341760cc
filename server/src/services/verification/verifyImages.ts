/** One CT series, image by image, to a report. Between images other work gets its turn: a server goes on answering. */
import type { FoundEdit, Provenance, VerificationReport } from '@nodulelab/contract';
import type { DicomFile } from '../../dicom/ctSlice.ts';
import type { RegisteredEdit } from '../../store/fingerprintTable.ts';
import { markEvidence, signatureEvidence, verdictOf, voxelEvidence, type SliceProof } from './evidence.ts';
import {
  lookAt,
  unreadableSlice,
  type HuTables,
  type LookedAtSlice,
  type SliceVoxels,
} from './lookedAtSlice.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { createMatcher, type MatchedEdit, type Matcher } from './matching.ts';

/** What a series is compared with. */
export interface Trust {
  /** Public keys, the data folder's own first; undefined where there is no data folder. */
  readonly keys: readonly string[] | undefined;
  /** Edits on slices of a size; undefined where there is no registry. */
  readonly registry: Registry | undefined;
}

export interface Registry {
  ofSize(columns: number, rows: number): Promise<readonly RegisteredEdit[]>;
  count(): Promise<number>;
}

/**
 * @param images of one series in any order, each read when its turn comes
 * @throws NoduleLabError where the header of none can be read
 */
export async function verifyImages(
  seriesInstanceUID: string,
  images: readonly (() => Promise<DicomFile>)[],
  { keys, registry }: Trust,
): Promise<VerificationReport> {
  const tables: HuTables = new Map();
  const matchers = new Map<string, Matcher>();
  const matcherOf = async ({ frame: { columns, rows } }: SliceVoxels, from: Registry): Promise<Matcher> => {
    const size = `${columns}x${rows}`;
    const matcher = matchers.get(size) ?? createMatcher(await from.ofSize(columns, rows));
    matchers.set(size, matcher);
    return matcher;
  };
  const slices: SliceProof[] = [];
  const damaged = new Map<string, NoduleLabError>();
  const look = (file: DicomFile): LookedAtSlice => {
    try {
      return lookAt(file, tables);
    } catch (error) {
      if (!(error instanceof NoduleLabError)) throw error;
      damaged.set(file.name, error);
      return unreadableSlice(file.name, error.message);
    }
  };
  for (const read of images) {
    const { voxels, ...proof } = look(await read());
    if (voxels && registry) (await matcherOf(voxels, registry)).look(voxels);
    slices.push({ ...proof, readable: voxels !== undefined });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [first] = damaged.values();
  if (first && damaged.size === images.length) throw first;
  const matched = ofBestSeries(
    [...matchers.values()].flatMap((matcher) => matcher.matched()),
    seriesInstanceUID,
  );
  const told = slices.find((slice) => slice.provenance)?.provenance ?? undefined;
  const evidence = [
    // A damaged file has not lost its mark.
    markEvidence(slices.filter(({ name }) => !damaged.has(name))),
    signatureEvidence(slices, keys),
    voxelEvidence(slices, matched, await registry?.count()),
  ];
  return {
    seriesInstanceUID,
    slices: slices.length,
    verdict: verdictOf(
      evidence,
      slices.some(({ provenance }) => provenance !== undefined),
    ),
    evidence,
    found: foundEdits(told, isSigned(slices, keys), matched),
    provenance: told?.edits ?? null,
  };
}

/** Whether the provenance is as a key that is known here signed it. */
function isSigned(slices: readonly SliceProof[], keys: readonly string[] | undefined): boolean {
  const signed = slices.filter(({ provenance }) => provenance !== undefined);
  return (
    signed.length > 0 &&
    signed.every(({ signature }) => {
      if (signature === undefined || signature.state === 'absent') return false;
      if (signature.publicKey === undefined || !keys?.includes(signature.publicKey)) return false;
      return (
        signature.state === 'valid' ||
        (signature.changed.length > 0 && !signature.changed.includes('provenance'))
      );
    })
  );
}

/**
 * The same edit may have been written in several series. The one that explains most of what was found is told; edits
 * that only others have are told too.
 */
function ofBestSeries(matched: readonly MatchedEdit[], lookedAt: string): MatchedEdit[] {
  const bySeries = [...Map.groupBy(matched, ({ registered }) => registered.seriesInstanceUID)]
    .map(([series, edits]) => ({
      ...{ series, edits },
      slices: edits.reduce((sum, edit) => sum + edit.slices, 0),
      expected: edits.reduce((sum, { registered }) => sum + registered.fingerprint.slices.length, 0),
    }))
    .toSorted(
      (a, b) =>
        Number(b.series === lookedAt) - Number(a.series === lookedAt) ||
        b.slices - a.slices ||
        b.slices / b.expected - a.slices / a.expected,
    );
  const told = new Map<string, MatchedEdit>();
  for (const { edits } of bySeries)
    for (const edit of edits) {
      const key = `${edit.registered.sourceSeriesInstanceUID} ${edit.registered.fingerprint.edit.huSha256}`;
      if (!told.has(key)) told.set(key, edit);
    }
  return [...told.values()];
}

function foundEdits(
  told: Provenance | undefined,
  signed: boolean,
  matched: readonly MatchedEdit[],
): FoundEdit[] {
  const open = [...matched];
  const fromProvenance = (told?.edits ?? []).map((edit): FoundEdit => {
    const at = open.findIndex(({ registered }) => registered.fingerprint.edit.huSha256 === edit.huSha256);
    const [match] = at < 0 ? [] : open.splice(at, 1);
    return {
      ...identityOf(edit),
      by: signed ? 'signature' : 'provenance',
      centre: edit.centre,
      slices: match?.slices ?? 0,
      slicesInAll: match?.registered.fingerprint.slices.length ?? edit.box.max[2] - edit.box.min[2],
      sourceSeriesInstanceUID: told!.sourceSeriesInstanceUID,
      writtenAs: match?.registered.seriesInstanceUID ?? null,
    };
  });
  const fromVoxels = open.map(({ registered, slices, centre }): FoundEdit => ({
    ...identityOf(registered.fingerprint.edit),
    ...{ by: 'voxels', centre: [...centre], slices },
    slicesInAll: registered.fingerprint.slices.length,
    sourceSeriesInstanceUID: registered.sourceSeriesInstanceUID,
    writtenAs: registered.seriesInstanceUID,
  }));
  return [...fromProvenance, ...fromVoxels];
}

function identityOf(
  edit: Provenance['edits'][number],
): Pick<FoundEdit, 'kind' | 'diameterMm' | 'candidateId' | 'noduleId' | 'model'> {
  const { kind, diameterMm } = edit;
  return kind === 'insert'
    ? { kind, diameterMm, candidateId: edit.candidateId, noduleId: null, model: edit.model }
    : { kind, diameterMm, candidateId: null, noduleId: edit.noduleId, model: null };
}
