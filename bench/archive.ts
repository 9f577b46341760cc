/**
 * A series from Orthanc into a volume, and a changed volume back into Orthanc and verified, beside the same with requests,
 * pydicom and NumPy: the same Orthanc and the same CT (LIDC-IDRI-0004, 241 slices, where NODULELAB_LIDC_DIR has it), in
 * processes of their own that take turns.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { startOrthanc, type RunningOrthanc } from '../orthanc/index.ts';
import { readCtSeries } from '../server/src/dicom/ctSeries.ts';
import { readDicomHeader } from '../server/src/dicom/header.ts';
import { isDicom } from '../server/src/dicom/sniff.ts';
import { createOrthancClient } from '../server/src/pacs/index.ts';
import { lidcPatient } from './host.ts';
import { median, type Row } from './row.ts';

const PYTHON = '/usr/bin/python3';
const HERE = join(import.meta.dirname, 'archive');
const ROUNDS = 3;
/** Of a process; the first one is left out, since it also meets cold caches and unoptimised code. */
const REPEATS = 4;
const GOAL = '2× the MB/s';

const Measured = z.object({
  read: z.array(z.number()),
  write: z.array(z.number()),
  bytes: z.number(),
  stages: z.record(z.string(), z.array(z.number())).default({}),
});
type Measured = z.infer<typeof Measured>;

interface Contender {
  readonly name: string;
  readonly program: string;
  readonly script: string;
  readonly threads: number;
}
const OURS: Contender = { name: 'ours', program: process.execPath, script: 'ours.ts', threads: 1 };
const PEERS: readonly Contender[] = [1, 4].map((threads) => ({
  name: `pydicom + requests, ${threads === 1 ? 'one after the other' : `${threads} threads`}`,
  ...{ program: PYTHON, script: 'pydicom_requests.py', threads },
}));

async function run({ program, script, threads }: Contender, config: object): Promise<Measured> {
  const child = spawn(
    program,
    [join(HERE, script), JSON.stringify({ ...config, threads, repeats: REPEATS })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: HERE,
    },
  );
  return Measured.parse(JSON.parse(await text(child.stdout)));
}

/** Puts the CT of a patient's folder into the archive. */
async function importCt(orthanc: RunningOrthanc, dir: string): Promise<{ series: string; slices: number }> {
  const names = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.dcm'));
  const files = await Promise.all(
    names.map(async (name) => ({ name, bytes: new Uint8Array(await readFile(join(dir, name))) })),
  );
  const { slices, seriesInstanceUID } = readCtSeries(
    files.filter(({ name, bytes }) => isDicom(bytes) && readDicomHeader(bytes, name).kind === 'ct'),
  );
  const { username: user, password } = orthanc.auth;
  await createOrthancClient({ baseUrl: orthanc.baseUrl, auth: { user, password } }).storeSeries(slices);
  return { series: seriesInstanceUID, slices: slices.length };
}

const warm = (runs: readonly Measured[], what: 'read' | 'write'): number =>
  median(runs.flatMap((run) => run[what].slice(1)));

export async function benchArchive(log: (line: string) => void): Promise<Row[]> {
  const dir = lidcPatient('LIDC-IDRI-0004');
  if (dir === undefined) {
    log(
      'archive: set NODULELAB_LIDC_DIR to a folder with LIDC-IDRI-0004; its 241 slices are what is measured',
    );
    return [];
  }
  const hasPeer = spawnSync(PYTHON, ['-c', 'import pydicom, requests, numpy'], { cwd: '/' }).status === 0;
  if (!hasPeer) log('archive: no peer (apt-get install python3-pydicom python3-requests python3-numpy)');
  const folder = await mkdtemp(join(tmpdir(), 'nodulelab-archive-'));
  const orthanc = await startOrthanc({ dir: folder });
  try {
    const { series, slices } = await importCt(orthanc, dir);
    const config = {
      ...{ url: orthanc.baseUrl, user: orthanc.auth.username, password: orthanc.auth.password },
      series,
    };
    const runs = new Map<Contender, Measured[]>([OURS, ...(hasPeer ? PEERS : [])].map((one) => [one, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [contender, results] of runs) results.push(await run(contender, config));
      log(`archive: round ${round + 1} of ${ROUNDS}`);
    }
    const own = runs.get(OURS) ?? [];
    for (const name of Object.keys(own[0]?.stages ?? {}))
      log(
        `archive: ${name} ${median(own.flatMap(({ stages }) => stages[name]?.slice(1) ?? [])).toFixed(3)} s`,
      );
    const megabytes = (own[0]?.bytes ?? 0) / 1e6;
    const titles = {
      read: `Orthanc → volume (${slices} slices, ${megabytes.toFixed(0)} MB)`,
      write: `volume → Orthanc, verified (${slices} slices, ${megabytes.toFixed(0)} MB)`,
    };
    return (['read', 'write'] as const).flatMap((what): Row[] => {
      const value = warm(own, what);
      const row = { what: titles[what], value, unit: 's' } as const;
      const rate = (seconds: number): string => (megabytes / seconds).toFixed(0);
      if (!hasPeer) return [{ ...row, note: `${rate(value)} MB/s` }];
      return PEERS.map((peer) => {
        const theirs = warm(runs.get(peer) ?? [], what);
        return {
          ...row,
          peer: { name: peer.name, value: theirs },
          goal: GOAL,
          note: `${rate(value)} against ${rate(theirs)} MB/s`,
        };
      });
    });
  } finally {
    await orthanc.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
