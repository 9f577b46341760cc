/**
 * Inserts a whole set of nodules into host scans: the semantics of `nodulelab insert-set`. Hosts take turns; each gets up
 * to so many nodules and gives one derived series, verified against its original. Whatever ends the process, the same
 * call goes on where it stood, and gives the series that an unbroken run gives.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InsertEdit } from '@nodulelab/contract';
import { readCtSeries } from '../../dicom/ctSeries.ts';
import type { Signer } from '../../dicom/signature.ts';
import { makeUidGenerator } from '../../dicom/uid.ts';
import { verifyDerived } from '../../dicom/verifyDerived.ts';
import { writeJsonAtomically } from '../../nn/artefactFile.ts';
import { Random } from '../../nn/random.ts';
import { sha256Of } from '../../store/artefacts.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { insertEdit } from '../editRecord.ts';
import { writeObjects } from '../imaging/writeObjects.ts';
import type { Recorder } from '../offline/record.ts';
import { blendingSeed } from '../placement.ts';
import { composedHost, unusableMessage, type ComposedHost } from './composedHost.ts';
import { removePartialFolders, writeFolder } from './folders.ts';
import { filesIn, findHosts, type HostFolder } from './hostFolders.ts';
import { openSetItems, type DiameterRange, type OpenModel, type SetItem, type SetItems } from './setItems.ts';
import {
  readState,
  writeState,
  type InsertSetState,
  type Outcome,
  type RefusalReason,
  type WrittenSeries,
} from './state.ts';
import { YIELD_FILE, yieldReport, type YieldReport } from './yieldReport.ts';

export interface InsertSetOptions {
  /** A balanced set, or a folder of samples. */
  readonly setDir: string;
  readonly hostDirs: readonly string[];
  readonly outDir: string;
  /** Most nodules in one host. */
  readonly perHost: number;
  readonly seed: number;
  /** For samples only. */
  readonly diameters?: DiameterRange | undefined;
  /** Draws the nodules of a set again; without it they go in as they lie there (see SetItems). */
  readonly openModel?: OpenModel | undefined;
  readonly researchArchive: boolean;
  readonly codeVersion: string;
  readonly now: () => Date;
  readonly signer: Signer;
  readonly record: Recorder;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number, message: string) => void;
}

/**
 * @throws NoduleLabError `unusable` where set or hosts cannot be used at all, `conflict` where the folder belongs to
 *   something else, `cancelled` (the same call goes on)
 */
export async function insertSet(options: InsertSetOptions): Promise<YieldReport> {
  const { outDir, setDir, seed } = options;
  const set = await openSetItems(setDir, options.diameters, seed, options.openModel);
  try {
    const { hosts, refused } = await findHosts(options.hostDirs, options);
    const inputsSha256 = inputsHash(set, hosts, options);
    const state = (await readState(outDir, inputsSha256)) ?? {
      ...{ kind: 'nodulelab-insert-set' as const, version: 1 as const, inputsSha256 },
      ...{ startedAt: options.now().toISOString(), outcomes: [], series: [] },
    };
    await mkdir(outDir, { recursive: true });
    await removePartialFolders(outDir);
    await writeState(outDir, state);
    await carryOut(set, hosts, state, options);
    const report = yieldReport(state, set.items, hosts, {
      model: set.model,
      drawnAnew: set.drawnAnew,
      refusedHosts: refused,
    });
    await writeJsonAtomically(join(outDir, YIELD_FILE), report);
    return report;
  } finally {
    await set.close();
  }
}

/** Everything that decides the voxels and the identifiers. */
function inputsHash(
  { model, items, drawnAnew }: SetItems,
  hosts: readonly HostFolder[],
  { perHost, seed, codeVersion }: InsertSetOptions,
): string {
  return sha256Of(
    JSON.stringify([
      model.sha256,
      drawnAnew,
      items.map(({ id, diameterMm, sampleSha256 }) => [id, diameterMm, sampleSha256]),
      hosts.map(({ seriesInstanceUID }) => seriesInstanceUID),
      perHost,
      seed,
      codeVersion,
    ]),
  );
}

/** Which items go to which host: in turn, over the hosts in an order that the seed gives, until all are full. */
function itemsOfHosts(items: readonly SetItem[], hosts: number, perHost: number, seed: number): SetItem[][] {
  const order = Random.of('insert-set hosts', seed).permutation(hosts);
  const turns: SetItem[][] = Array.from({ length: hosts }, () => []);
  for (const [n, item] of items.slice(0, hosts * perHost).entries()) turns[order[n % hosts]!]!.push(item);
  return turns;
}

async function carryOut(
  { items, model }: SetItems,
  hosts: readonly HostFolder[],
  state: InsertSetState,
  options: InsertSetOptions,
): Promise<void> {
  const { outDir, perHost, seed, signal, onProgress } = options;
  const turns = itemsOfHosts(items, hosts.length, perHost, seed);
  const stopHere = (): void => {
    if (signal?.aborted === true)
      throw new NoduleLabError(
        'cancelled',
        `Stopped after ${state.outcomes.length} of ${items.length} nodules: the same command goes on from here.`,
      );
  };
  const note = async (...outcomes: readonly Outcome[]): Promise<void> => {
    state.outcomes.push(...outcomes);
    await writeState(outDir, state);
    onProgress?.(state.outcomes.length, items.length, `nodule ${state.outcomes.length} of ${items.length}`);
  };
  for (const [number, folder] of hosts.entries()) {
    const own = turns[number]!;
    const known = (): Outcome[] => state.outcomes.filter(({ host }) => host === number);
    const done = known();
    const open = own.slice(done.length);
    const written = state.series.some(({ host }) => host === number);
    if (open.length === 0 && (written || !done.some(({ placed }) => placed))) continue;
    stopHere();
    let host: ComposedHost;
    try {
      host = composedHost(readCtSeries(await filesIn(folder.dir)));
      await replay(host, own, done);
    } catch (error) {
      await refuseAll(state, number, own, hostMessage(error), note);
      continue;
    }
    for (const item of open) {
      stopHere();
      const began = performance.now();
      const placing = host.place(item, await item.voxels(), seed);
      const facts = { item: item.id, host: number, seconds: secondsSince(began) };
      await note(
        placing.placed
          ? {
              ...{ ...facts, placed: true, attempts: placing.attempts, diameterMm: item.diameterMm },
              ...{
                centre: [...placing.centre],
                checks: placing.checks.map(({ explanation: _, ...check }) => check),
              },
            }
          : { ...facts, ...placing },
      );
    }
    stopHere();
    if (host.changes.length === 0) continue;
    try {
      const outcomes = known();
      state.series.push(await writeSeries(host, number, folder, own, outcomes, model, state, options));
      await writeState(outDir, state);
    } catch (error) {
      await refuseAll(state, number, own, unusableMessage(error), note);
    }
  }
  const message = `${hosts.length} scans take ${perHost} each: give more scans, or a larger --per-host.`;
  const noted = new Set(state.outcomes.map(({ item }) => item));
  const left = items.slice(hosts.length * perHost).filter(({ id }) => !noted.has(id));
  if (left.length > 0) await note(...left.map(({ id }) => notTried(id, null, 'hosts-full', message)));
}

/** Brings a host to where an earlier run left it. */
async function replay(host: ComposedHost, own: readonly SetItem[], done: readonly Outcome[]): Promise<void> {
  for (const outcome of done) {
    if (!outcome.placed) continue;
    const item = own.find(({ id }) => id === outcome.item)!;
    host.replay(item, await item.voxels(), outcome.centre);
  }
}

/** A host that cannot be read or written takes none of its nodules. */
async function refuseAll(
  state: InsertSetState,
  host: number,
  own: readonly SetItem[],
  message: string,
  note: (...outcomes: readonly Outcome[]) => Promise<void>,
): Promise<void> {
  state.outcomes = state.outcomes.filter((outcome) => outcome.host !== host);
  await note(...own.map(({ id }) => notTried(id, host, 'host', message)));
}

const notTried = (item: string, host: number | null, reason: RefusalReason, message: string): Outcome => ({
  ...{ item, placed: false, host, reason, message, attempts: 0, seconds: 0 },
});

/** What a host that cannot be read is told as; programming errors go on their way. */
function hostMessage(error: unknown): string {
  if (error instanceof NoduleLabError && (error.kind === 'invalid-input' || error.kind === 'unusable'))
    return error.message;
  throw error;
}

async function writeSeries(
  host: ComposedHost,
  number: number,
  { seriesInstanceUID }: HostFolder,
  own: readonly SetItem[],
  outcomes: readonly Outcome[],
  model: SetItems['model'],
  { inputsSha256, startedAt }: InsertSetState,
  { outDir, codeVersion, signer, record }: InsertSetOptions,
): Promise<WrittenSeries> {
  const began = performance.now();
  const edits: InsertEdit[] = [];
  const artefacts: Uint8Array[] = [];
  for (const outcome of outcomes) {
    if (!outcome.placed) continue;
    const { item: id, centre, diameterMm } = outcome;
    const item = own.find((one) => one.id === id)!;
    const { seed, index, conditions, sampleSha256 } = item;
    const voxels = await item.voxels();
    const bytes = new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength);
    const candidateSha256 = sha256Of(bytes);
    artefacts.push(bytes);
    edits.push(
      insertEdit(
        {
          ...{ candidateSha256, candidateId: null, model, seed, index, diameterMm, options: {} },
          ...{ centre: [...centre], blendingSeed: blendingSeed(sampleSha256) },
          ...(conditions === null ? {} : { conditions }),
          // As it lies in a set a nodule is not quite what its model drew.
          ...(candidateSha256 === sampleSha256 ? {} : { details: { sampleSha256 } }),
        },
        host.changes[edits.length]!,
      ),
    );
  }
  const newUid = uidsNamed(inputsSha256, seriesInstanceUID);
  const written = writeObjects(
    host.host,
    {
      edits: host.changes.map((change) => ({ ...change, trackingUid: newUid() })),
      provenance: {
        ...{ version: 2, codeVersion, edits },
        sourceSeriesInstanceUID: seriesInstanceUID,
      },
      ...{ now: new Date(startedAt), seriesNumbers: new Set<number>() },
    },
    { newUid, signer },
  );
  const folder = `host-${String(number + 1).padStart(4, '0')}`;
  const { changedVoxels } = await writeFolder(join(outDir, folder), async (write) => {
    const paths: string[] = [];
    for (const [index, { bytes }] of written.instances.entries())
      paths.push(await write(`${String(index + 1).padStart(4, '0')}.dcm`, bytes));
    await write('segmentation.dcm', written.segmentation.bytes);
    await write('report.dcm', written.report.bytes);
    const readBack = await Promise.all(paths.map(async (name) => ({ name, bytes: await readFile(name) })));
    const verified = verifyDerived(host.host.series, readBack, host.changes);
    await record({
      ...{ seriesInstanceUID: written.seriesInstanceUID, sourceSeriesInstanceUID: seriesInstanceUID },
      ...{ fingerprints: written.fingerprints, artefacts },
    });
    return verified;
  });
  return {
    ...{ host: number, folder, seriesInstanceUID: written.seriesInstanceUID },
    ...{ slices: written.instances.length, changedVoxels, seconds: secondsSince(began) },
  };
}

/**
 * Unique identifiers (2.25, PS3.5 B.2) from a hash of what they identify: the same insertion into the same host has the
 * same ones, so that a broken run that is resumed gives no second copy.
 */
function uidsNamed(...name: readonly string[]): () => string {
  let next = 0;
  return makeUidGenerator((count) =>
    createHash('sha256')
      .update(JSON.stringify([...name, next++]))
      .digest()
      .subarray(0, count),
  );
}

const secondsSince = (began: number): number => Math.round(performance.now() - began) / 1000;
