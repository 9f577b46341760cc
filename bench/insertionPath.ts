/**
 * From a click to its preview, and from accept to CT, segmentation and report that a viewer can read, on a real CT of
 * 241 slices (LIDC-IDRI-0004 where NODULELAB_LIDC_DIR names it, else the demo phantom), against a real Orthanc.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcceptResult, Preview } from '@nodulelab/contract';
import { openRuntime, type Runtime } from '../server/src/cli/runtime.ts';
import { splitArchiveUrl } from '../server/src/pacs/archiveUrl.ts';
import { createServices } from '../server/src/services/createServices.ts';
import { ensureDemo, welcomeOf } from '../server/src/services/demo.ts';
import type { ServicesFace } from '../server/src/services/face.ts';
import { importPaths } from '../server/src/services/importing/importPaths.ts';
import { percentile, seconds, timed, type Row } from './row.ts';

const PREVIEWS = 20;
const ACCEPTS = 3;
const DIAMETER_MM = 12;
const PATIENT = 'LIDC-IDRI-0004';

const job = { signal: new AbortController().signal, progress: () => undefined };

export async function benchInsertionPath(log: (line: string) => void): Promise<Row[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nodulelab-bench-'));
  try {
    const seriesInstanceUID = await using(dataDir, log, ({ context }) => bringIn(context, dataDir));
    // A server that never saw the series: nothing of it is in memory.
    return await using(dataDir, log, (runtime) => measure(runtime, seriesInstanceUID));
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function using<T>(
  dataDir: string,
  log: (line: string) => void,
  work: (runtime: Runtime) => Promise<T>,
): Promise<T> {
  const runtime = await openRuntime({ dataDir, log });
  try {
    return await work(runtime);
  } finally {
    await runtime.close();
  }
}

/** Answers the series that is worked on. */
async function bringIn(context: Runtime['context'], dataDir: string): Promise<string> {
  const folder = join(process.env['NODULELAB_LIDC_DIR'] ?? '', PATIENT);
  if (!process.env['NODULELAB_LIDC_DIR'] || !existsSync(folder)) {
    await ensureDemo(context, dataDir, job);
    return (await welcomeOf(context)).seriesInstanceUID;
  }
  const { series } = await importPaths(context, [folder], job);
  const ct = series.find(({ modality }) => modality === 'CT');
  if (!ct) throw new Error(`${folder} holds no CT series`);
  return ct.seriesInstanceUID;
}

async function measure({ context, orthancUrl }: Runtime, seriesInstanceUID: string): Promise<Row[]> {
  const services = createServices(context);
  try {
    const slices = (await context.store.series.get(seriesInstanceUID))?.instances ?? 0;
    const on = `${slices} slices`;
    const sampling = await timed(() => services.generate({ seed: 1, count: 8 }));
    const candidateId = sampling.value.candidates[0]?.id ?? '';
    const request = { seriesInstanceUID, candidateId, diameterMm: DIAMETER_MM };

    // What a click does: the place is the user's, so only a place of the first series has to be found before.
    const first = await timed(async () => {
      const place = await services.place({ ...request, seed: 1 });
      return services.preview({ ...request, centre: place.centre });
    });
    const previews: Preview[] = [];
    const times: number[] = [];
    for (let seed = 1; seed <= PREVIEWS; seed += 1) {
      const { centre } = await services.place({ ...request, seed });
      const preview = await timed(() => services.preview({ ...request, centre }));
      times.push(preview.seconds);
      previews.push(preview.value);
    }
    const accepts: number[] = [];
    for (const preview of previews.slice(0, ACCEPTS))
      accepts.push((await timed(() => acceptAndRead(services, orthancUrl, preview))).seconds);
    return [
      seconds(`8 candidates with thumbnails`, sampling.seconds),
      {
        ...seconds(`series not seen before (${on}): place and first preview`, first.seconds),
        goal: '≤ 4 s',
      },
      {
        ...seconds(`click → preview (${on}), p95 of ${PREVIEWS}`, percentile(times, 0.95)),
        goal: '≤ 1.0 s',
      },
      {
        ...seconds(
          `accept → CT, SEG and SR readable through DICOMweb (${on}), slowest of ${ACCEPTS}`,
          Math.max(...accepts),
        ),
        goal: '≤ 8 s',
      },
    ];
  } finally {
    await services.close();
  }
}

/** Accepts, and reads what a viewer reads first: the list of series (QIDO-RS) and the metadata of each (WADO-RS). */
async function acceptAndRead(services: ServicesFace, orthancUrl: string, preview: Preview): Promise<void> {
  const confirmed = preview.checks.map(({ name }) => name);
  const result = await services.accept(preview.id, confirmed, job);
  const study = `studies/${result.studyInstanceUID}`;
  const listed = await dicomWeb(orthancUrl, `${study}/series`);
  for (const [uid, instances] of seriesOf(result)) {
    if (!JSON.stringify(listed).includes(uid)) throw new Error(`DICOMweb does not list ${uid}`);
    const metadata = await dicomWeb(orthancUrl, `${study}/series/${uid}/metadata`);
    if (metadata.length !== instances) throw new Error(`DICOMweb has ${metadata.length} of ${instances}`);
  }
}

const seriesOf = ({ seriesInstanceUID, instances, segmentation, report }: AcceptResult) =>
  [
    [seriesInstanceUID, instances],
    [segmentation.seriesInstanceUID, 1],
    [report.seriesInstanceUID, 1],
  ] as const;

async function dicomWeb(orthancUrl: string, path: string): Promise<unknown[]> {
  const { baseUrl, auth } = splitArchiveUrl(orthancUrl);
  const authorization = auth && `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`;
  const response = await fetch(`${baseUrl}/dicom-web/${path}`, {
    headers: { accept: 'application/dicom+json', ...(authorization ? { authorization } : {}) },
  });
  if (!response.ok) throw new Error(`DICOMweb answers ${response.status} to ${path}`);
  return (await response.json()) as unknown[];
}
