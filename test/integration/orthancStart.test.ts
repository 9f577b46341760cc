import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findOrthanc, startOrthanc, type RunningOrthanc } from '../../orthanc/index.ts';
import { isAlive } from '../../orthanc/runFile.ts';
import { readCtSeries } from '../../server/src/dicom/ctSeries.ts';
import { readDicomHeader } from '../../server/src/dicom/header.ts';
import { createOrthancClient, type OrthancClient } from '../../server/src/pacs/index.ts';
import { ctFiles, smallVolume } from '../support/ctFiles.ts';
import { orthancMissing } from '../support/orthanc.ts';

const missing = orthancMissing();
const describeWithOrthanc = missing === undefined ? describe : describe.skip;

const clientOf = ({ baseUrl, auth }: RunningOrthanc): OrthancClient =>
  createOrthancClient({ baseUrl, auth: { user: auth.username, password: auth.password } });

let dir: string;
const started: RunningOrthanc[] = [];
const start = async (port?: number): Promise<RunningOrthanc> => {
  const orthanc = await startOrthanc({ dir, ...(port === undefined ? {} : { port }) });
  started.push(orthanc);
  return orthanc;
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodulelab-orthanc-'));
});
afterEach(async () => {
  for (const orthanc of started.splice(0)) await orthanc.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Runs TypeScript in a process of its own; resolves with its first line of output. */
async function inAnotherProcess(
  code: string,
): Promise<{ pid: number; line: string; end(signal: NodeJS.Signals): Promise<void> }> {
  const module = join(import.meta.dirname, '../../orthanc/index.ts');
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', `import { startOrthanc } from ${JSON.stringify(module)};\n${code}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    pid: child.pid!,
    line: chunk.toString().trim(),
    async end(signal) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}

const START = (folder: string): string =>
  `const o = await startOrthanc({ dir: ${JSON.stringify(folder)} }); console.log(o.pid); setInterval(() => {}, 1000);`;

async function untilGone(pid: number): Promise<boolean> {
  for (let i = 0; i < 200 && isAlive(pid); i++) await sleep(50);
  return !isAlive(pid);
}

describe('finding Orthanc', () => {
  test('names what is missing and how to install it', async () => {
    const nothing = findOrthanc({ executableFolders: [dir], pluginPlaces: [join(dir, 'none')] });
    expect(nothing).toMatchObject({ found: false, missing: ['orthanc', 'orthanc-dicomweb'] });
    if (!nothing.found) expect(nothing.message).toMatch(/apt-get install orthanc orthanc-dicomweb/);
  });
});

describeWithOrthanc(`a local Orthanc${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  test('answers with its DICOMweb plugin, to its own credentials only', async () => {
    const orthanc = await start();
    const capabilities = await clientOf(orthanc).capabilities();
    expect(capabilities.version).toMatch(/^\d+\.\d+/);
    expect(capabilities.dicomWebVersion).toMatch(/^\d+\.\d+/);
    expect(capabilities.name).toMatch(/^NoduleLab [0-9a-f]{12}$/);
    expect((await fetch(`${orthanc.baseUrl}/system`)).status).toBe(401);
    await expect(createOrthancClient({ baseUrl: orthanc.baseUrl }).capabilities()).rejects.toMatchObject({
      kind: 'upstream',
      message: expect.stringMatching(/refuses these credentials/),
    });
  });

  test('says that it ended by itself, and nothing where it was asked to end', async () => {
    const ended: string[] = [];
    const onEnd = (logFile: string): void => void ended.push(logFile);
    const stopped = await startOrthanc({ dir, onEnd });
    await stopped.stop();
    const crashed = await startOrthanc({ dir, onEnd });
    process.kill(crashed.pid, 'SIGKILL');
    for (let i = 0; i < 100 && ended.length === 0; i++) await sleep(50);
    await crashed.stop();
    expect(ended).toEqual([join(dir, 'orthanc.log')]);
  });

  test('keeps its password from others on the machine', async () => {
    await start();
    expect((await stat(join(dir, 'orthanc.json'))).mode & 0o077).toBe(0);
  });

  test('keeps its data and its password over a stop and a start', async () => {
    const first = await start();
    const file = ctFiles()[0]!;
    await clientOf(first).uploadInstance(file.bytes);
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    const second = await start();
    expect(second.auth).toEqual(first.auth);
    const { orthancId } = await clientOf(second).uploadInstance(file.bytes);
    expect(Buffer.compare(await clientOf(second).downloadInstance(orthancId), file.bytes)).toBe(0);
  });

  const pydicom = spawnSync('/usr/bin/python3', ['-c', 'import pydicom, numpy'], { cwd: '/' }).status === 0;
  (pydicom ? test : test.skip)(
    `decompresses images on arrival${pydicom ? '' : ' (skipped: pydicom or numpy is not installed; apt-get install python3-pydicom python3-numpy)'}`,
    async () => {
      const orthanc = await start();
      const originals = ctFiles(smallVolume([16, 16, 2]));
      const instances = originals.map(({ bytes }, k) => {
        const path = join(dir, `${k}.dcm`);
        writeFileSync(path, bytes);
        const script =
          'import sys, pydicom; ds = pydicom.dcmread(sys.argv[1]); ds.compress(pydicom.uid.RLELossless); ds.save_as(sys.argv[1])';
        expect(spawnSync('/usr/bin/python3', ['-c', script, path], { cwd: '/' }).status).toBe(0);
        return new Uint8Array(readFileSync(path));
      });
      const files = instances.map((bytes, k) => ({ name: `${k}.dcm`, bytes }));
      expect(readCtSeries(files).transferSyntaxUID).toBe('1.2.840.10008.1.2.5');
      for (const bytes of instances) await clientOf(orthanc).uploadInstance(bytes);
      const stored = await clientOf(orthanc).downloadSeries(
        readDicomHeader(originals[0]!.bytes, '').seriesInstanceUID,
      );
      expect(readCtSeries(stored).volume).toEqual(readCtSeries(originals).volume);
    },
  );

  test('sends slices as they are to those who would take them deflated: deflating takes 20 times as long', async () => {
    const orthanc = await start();
    const { orthancId } = await clientOf(orthanc).uploadInstance(ctFiles()[0]!.bytes);
    const response = await fetch(`${orthanc.baseUrl}/instances/${orthancId}/file`, {
      headers: { authorization: orthanc.authorization, 'accept-encoding': 'gzip' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-encoding')).toBeNull();
  });

  test('takes the port asked for where it is free, and another one where it is not', async () => {
    const squatter: Server = createServer().listen(0, '0.0.0.0');
    await once(squatter, 'listening');
    const address = squatter.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const elsewhere = await start(port);
    expect(elsewhere.baseUrl).not.toContain(`:${port}`);
    await elsewhere.stop();
    squatter.close();
    await once(squatter, 'close');
    expect((await start(port)).baseUrl).toBe(`http://127.0.0.1:${port}`);
  });

  test('ends with the process that started it', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const other = await inAnotherProcess(START(dir));
      const pid = Number(other.line);
      expect(isAlive(pid)).toBe(true);
      await other.end(signal);
      expect(await untilGone(pid)).toBe(true);
    }
  });

  test('left behind by a crash is taken over, not started twice', async () => {
    const other = await inAnotherProcess(START(dir));
    const pid = Number(other.line);
    await other.end('SIGKILL');
    expect(isAlive(pid)).toBe(true);
    const adopted = await start();
    expect(adopted).toMatchObject({ pid, adopted: true });
    await adopted.stop();
    expect(isAlive(pid)).toBe(false);
  });

  test('of a living NoduleLab on the same folder is a conflict that names it, and goes on running', async () => {
    const other = await inAnotherProcess(START(dir));
    const pid = Number(other.line);
    try {
      await expect(startOrthanc({ dir })).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining(`started by process ${other.pid}`),
      });
      expect(isAlive(pid)).toBe(true);
    } finally {
      await other.end('SIGTERM');
      await untilGone(pid);
    }
  });

  test('a stale record of a process that is somebody else is ignored, and that process is left alone', async () => {
    const { writeRunRecord } = await import('../../orthanc/runFile.ts');
    const bystander = spawn('sleep', ['60']);
    writeRunRecord(dir, { pid: bystander.pid!, owner: 1, port: 9 });
    const orthanc = await start();
    expect(orthanc.adopted).toBe(false);
    expect(isAlive(bystander.pid!)).toBe(true);
    bystander.kill();
  });

  test('that cannot start says why', async () => {
    await rm(dir, { recursive: true });
    const installation = { executable: '/bin/false', dicomWebPlugin: '/nowhere.so' };
    await expect(startOrthanc({ dir, installation })).rejects.toMatchObject({
      kind: 'upstream',
      message: expect.stringMatching(/\/bin\/false.*ended while starting/),
    });
    expect(await readFile(join(dir, 'orthanc.json'), 'utf8')).toContain('/nowhere.so');
  });

  test('can be cancelled while it starts', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(startOrthanc({ dir, signal: controller.signal })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });
});
