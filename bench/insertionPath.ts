/**
 * Seconds from a click to its preview, and from accept to the verified series in Orthanc, on a CT of about 133 slices
 * (a LIDC patient where NODULELAB_LIDC_DIR names one, else the demo phantom), against a real Orthanc.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRuntime } from '../server/src/cli/runtime.ts';
import { createServices } from '../server/src/services/createServices.ts';
import { ensureDemo, welcomeOf } from '../server/src/services/demo.ts';
import { importPaths } from '../server/src/services/importing/importPaths.ts';
import { lidcPatient } from './host.ts';
import { median, seconds, timed, type Row } from './row.ts';

const REPEATS = 7;
const DIAMETER_MM = 12;

export async function benchInsertionPath(log: (line: string) => void): Promise<Row[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nodulelab-bench-'));
  const runtime = await openRuntime({ dataDir, log });
  const job = { signal: new AbortController().signal, progress: () => undefined };
  try {
    const { context } = runtime;
    const services = createServices(context);
    const lidc = lidcPatient();
    let seriesInstanceUID: string;
    if (lidc) {
      const { series } = await importPaths(context, [lidc], job);
      const ct = series.find(({ modality }) => modality === 'CT');
      if (!ct) throw new Error(`${lidc} holds no CT series`);
      ({ seriesInstanceUID } = ct);
    } else {
      await ensureDemo(context, dataDir, job);
      ({ seriesInstanceUID } = await welcomeOf(context));
    }
    const slices = (await context.store.series.get(seriesInstanceUID))?.instances ?? 0;
    const on = `${slices} slices`;

    const sampling = await timed(() => services.generate({ seed: 1, count: 8 }));
    const [candidate] = sampling.value.candidates;
    if (!candidate) throw new Error('the generator made no candidate');
    const cold = await timed(() => services.place({ seriesInstanceUID, diameterMm: DIAMETER_MM, seed: 1 }));
    const request = { seriesInstanceUID, candidateId: candidate.id, diameterMm: DIAMETER_MM };
    const previews: number[] = [];
    let previewId = '';
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      const { centre } = await services.place({ seriesInstanceUID, diameterMm: DIAMETER_MM, seed: repeat });
      const preview = await timed(() => services.preview({ ...request, centre }));
      previews.push(preview.seconds);
      previewId = preview.value.id;
    }
    const accept = await timed(() => services.accept(previewId, [], job));
    return [
      seconds(`8 candidates with thumbnails`, sampling.seconds),
      seconds(`first touch of a CT (${on}): download, read, lungs, place`, cold.seconds),
      seconds(`click → preview (${on}), median of ${REPEATS}`, median(previews)),
      seconds(`accept → verified in Orthanc (${on})`, accept.seconds),
    ];
  } finally {
    await runtime.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
