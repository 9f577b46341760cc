/** Reads a CT series from Orthanc into a volume, and writes a changed volume back as a new series, verified. One line of JSON. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { writeDerivedCt, type BoxChange } from '../../server/src/dicom/derivedCt.ts';
import { makeUidGenerator } from '../../server/src/dicom/uid.ts';
import { verifyDerived } from '../../server/src/dicom/verifyDerived.ts';
import { createOrthancClient } from '../../server/src/pacs/index.ts';
import { provenanceOf } from './provenance.ts';
import { timed } from '../row.ts';

const config = z
  .object({ url: z.url(), user: z.string(), password: z.string(), series: z.string(), repeats: z.number() })
  .parse(JSON.parse(process.argv[2] ?? '{}'));
const archive = createOrthancClient({
  baseUrl: config.url,
  auth: { user: config.user, password: config.password },
});
const newUid = makeUidGenerator((length) => randomBytes(length));

const stages: Record<string, number[]> = {};
async function stage<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { value, seconds } = await timed(work);
  (stages[name] ??= []).push(seconds);
  return value;
}

const read: number[] = [];
const write: number[] = [];
let bytes = 0;
for (let repeat = 0; repeat < config.repeats; repeat++) {
  const source = await timed(async () => {
    const files = await stage('download', () => archive.downloadSeries(config.series));
    return stage('read', async () => readCtSeries(files));
  });
  read.push(source.seconds);
  const { volume } = source.value;
  bytes = volume.data.byteLength;
  const [x, y, z] = volume.size.map((size) => size >> 1) as [number, number, number];
  const change: BoxChange = {
    box: { min: [x - 15, y - 15, z - 10], max: [x + 15, y + 15, z + 10] },
    hu: new Int16Array(30 * 30 * 20).fill(40),
  };
  const written = await timed(async () => {
    const derived = await stage('derive', async () =>
      writeDerivedCt(source.value, [change], provenanceOf(config.series, change), {
        now: new Date(),
        newUid,
      }),
    );
    await stage('send', () => archive.storeSeries(derived.instances));
    const back = await stage('fetch back', () => archive.downloadSeries(derived.seriesInstanceUID));
    await stage('verify', async () => verifyDerived(source.value, back, [change]));
    return derived.seriesInstanceUID;
  });
  write.push(written.seconds);
  const stored = await archive.findSeries(written.value);
  if (stored) await archive.deleteSeriesByOrthancId(stored.orthancId);
}
console.log(JSON.stringify({ read, write, bytes, stages }));
