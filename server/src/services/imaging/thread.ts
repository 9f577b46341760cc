/** The imaging thread: hosts, places, previews, derived series, and what an import reads. See client.ts for its other end. */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { createOrthancClient } from '../../pacs/orthancClient.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { readCtSeries } from '../../dicom/ctSeries.ts';
import { makeUidGenerator } from '../../dicom/uid.ts';
import { nodulesOf } from '../importing/annotate.ts';
import { readOfficial } from '../importing/annotations.ts';
import { wireNodule } from '../importing/nodules.ts';
import { createHosts } from './hosts.ts';
import { deriveFrom, factsOf, previewIn, proposeIn, verifyAgainst } from './operations.ts';
import type { Answer, ImagingMethods, Request } from './protocol.ts';

const { orthancUrl } = z.object({ orthancUrl: z.url() }).parse(workerData);
const port = parentPort;
if (!port) throw new Error('thread.ts runs as a worker thread only');

const hosts = createHosts(createOrthancClient({ baseUrl: orthancUrl, fetch }));
const newUid = makeUidGenerator((length) => randomBytes(length));

const methods: ImagingMethods = {
  warm: async ({ seriesInstanceUID }) => {
    (await hosts.get(seriesInstanceUID)).lung();
    return null;
  },
  facts: async ({ seriesInstanceUID }) => factsOf(await hosts.get(seriesInstanceUID)),
  propose: async (work) => proposeIn(await hosts.get(work.seriesInstanceUID), work),
  preview: async (work) => previewIn(await hosts.get(work.seriesInstanceUID), work),
  derive: async (work) => deriveFrom(await hosts.get(work.seriesInstanceUID), work, newUid),
  verify: async (work) => {
    verifyAgainst(await hosts.get(work.seriesInstanceUID), work);
    return null;
  },
  readCt: async ({ files }) =>
    readCtSeries(files).slices.map(({ name, sopInstanceUID }) => ({ name, sopInstanceUID })),
  readOfficial: async ({ kind, file }) => readOfficial(kind, file),
  annotate: async ({ seriesInstanceUID, annotations }) => {
    // The import may have added slices to a series that was known before.
    hosts.forget(seriesInstanceUID);
    const found = nodulesOf(annotations, (await hosts.get(seriesInstanceUID)).series);
    return { ...found, nodules: found.nodules.map((nodule, index) => wireNodule(nodule, index + 1)) };
  },
};

port.on('message', (request: Request) => {
  const work = methods[request.method] as (params: unknown) => Promise<unknown>;
  work(request.params).then(
    (value) => port.postMessage({ id: request.id, ok: true, value } satisfies Answer),
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
