/** The imaging thread: hosts, places, previews, derived series, and what an import reads. See client.ts for its other end. */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { createOrthancClient } from '../../pacs/orthancClient.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { readCtSeries } from '../../dicom/ctSeries.ts';
import { makeUidGenerator } from '../../dicom/uid.ts';
import { openProvenanceKeys } from '../../security/provenanceKeys.ts';
import { nodulesOf } from '../importing/annotate.ts';
import { readOfficial } from '../importing/annotations.ts';
import { wireContours, wireNodule } from '../importing/nodules.ts';
import { storedNodule } from '../storedNodule.ts';
import { createHosts, type Host } from './hosts.ts';
import { previewIn, remakeEdits, removeIn } from './makeEdit.ts';
import { markNodule } from './markNodule.ts';
import { factsOf, guardIn, proposeIn, rankPlacesIn } from './operations.ts';
import { requireOriginal } from './original.ts';
import { planesIn } from './planesAround.ts';
import type { Answer, ImagingMethods, Request } from './protocol.ts';
import { movable } from './movable.ts';
import { verifyCompanions, verifyObjects, writeObjects } from './writeObjects.ts';

const { orthancUrl, dataDir } = z.object({ orthancUrl: z.url(), dataDir: z.string() }).parse(workerData);
const port = parentPort;
if (!port) throw new Error('thread.ts runs as a worker thread only');

const archive = createOrthancClient({ baseUrl: orthancUrl });
const hosts = createHosts(archive);
const newUid = makeUidGenerator((length) => randomBytes(length));

/** A host that an edit may begin in. */
async function original(seriesInstanceUID: string): Promise<Host> {
  const host = await hosts.get(seriesInstanceUID);
  requireOriginal(host.series);
  return host;
}

const methods: ImagingMethods = {
  warm: async ({ seriesInstanceUID }) => {
    (await hosts.get(seriesInstanceUID)).lung();
    return null;
  },
  facts: async ({ seriesInstanceUID }) => factsOf(await hosts.get(seriesInstanceUID)),
  propose: async (work) => proposeIn(await original(work.seriesInstanceUID), work),
  rankPlaces: async (work) => rankPlacesIn(await original(work.seriesInstanceUID), work),
  guard: async (work) => guardIn(await hosts.get(work.seriesInstanceUID), work),
  preview: async (work) => previewIn(await original(work.seriesInstanceUID), work),
  remove: async (work) => removeIn(await original(work.seriesInstanceUID), work),
  remake: async (work) => remakeEdits(await hosts.get(work.seriesInstanceUID), work),
  write: async (work) => {
    const { signer } = await openProvenanceKeys(dataDir);
    return writeObjects(await hosts.get(work.seriesInstanceUID), work, { newUid, signer });
  },
  verify: async (work) => {
    await verifyObjects(await hosts.get(work.seriesInstanceUID), work, archive);
    return null;
  },
  readCt: async ({ files }) =>
    readCtSeries(files).slices.map(({ name, sopInstanceUID }) => ({ name, sopInstanceUID })),
  readOfficial: async ({ kind, file }) => readOfficial(kind, file),
  mark: async (work) => markNodule(await original(work.seriesInstanceUID), work, newUid),
  verifyMark: async (files) => {
    await verifyCompanions(files, archive);
    return null;
  },
  annotate: async ({ seriesInstanceUID, annotations }) => {
    // The import may have added slices to a series that was known before.
    hosts.forget(seriesInstanceUID);
    const found = nodulesOf(annotations, (await hosts.get(seriesInstanceUID)).series);
    return { ...found, nodules: found.nodules.map((nodule, index) => wireNodule(nodule, index + 1)) };
  },
  planes: async (work) => planesIn(await original(work.seriesInstanceUID), work),
  outline: async ({ seriesInstanceUID, nodules }) => {
    const { volume, slices, sliceThickness } = (await hosts.get(seriesInstanceUID)).series;
    const sopInstanceUIDs = slices.map(({ sopInstanceUID }) => sopInstanceUID);
    return nodules.map((nodule) =>
      wireContours(
        storedNodule(nodule, {
          ct: volume,
          sopInstanceUIDs,
          ...(sliceThickness === undefined ? {} : { sliceThicknessMm: sliceThickness }),
        }).consensusContours,
      ),
    );
  },
};

port.on('message', (request: Request) => {
  const work = methods[request.method] as (params: unknown) => Promise<unknown>;
  work(request.params).then(
    (value) =>
      port.postMessage({ id: request.id, ok: true, value } satisfies Answer, movable(request.method, value)),
    (error: unknown) =>
      port.postMessage({ id: request.id, ok: false, error: describe(error) } satisfies Answer),
  );
});

function describe(error: unknown): Extract<Answer, { ok: false }>['error'] {
  if (error instanceof NoduleLabError)
    return { kind: error.kind, message: error.message, details: { ...error.details } };
  return {
    kind: 'internal',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    details: {},
  };
}
