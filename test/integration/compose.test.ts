/** The containers, as far as they can be checked without an engine: the files, and each start command as a process. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { Health } from '@nodulelab/contract';
import { findOrthanc } from '../../orthanc/index.ts';
import { startTestOrthanc } from '../support/orthanc.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SECRETS = { ORTHANC_PASSWORD: 'secret1', POSTGRES_PASSWORD: 'secret2' };

const composeClient = [['docker', 'compose'], ['docker-compose']].find(
  ([program, ...args]) => spawnSync(program!, [...args, 'version']).status === 0,
);

function compose(env: Record<string, string>, ...args: string[]): { status: number | null; output: string } {
  const [program, ...first] = composeClient!;
  const { status, stdout, stderr } = spawnSync(program!, [...first, '-f', 'docker-compose.yml', ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const withClient = composeClient ? test : test.skip;
const reason = composeClient ? '' : ' (skipped: no Docker Compose client on this machine)';

withClient(`the compose file is valid, with and without the GPU${reason}`, () => {
  for (const profiles of [[], ['--profile', 'gpu']]) {
    const { status, output } = compose(SECRETS, ...profiles, 'config');
    expect([output, status]).toEqual([expect.stringContaining('orthancteam/orthanc'), 0]);
    // Only the viewer is reachable from outside, and only from this machine.
    expect(output.match(/127\.0\.0\.1/g)).toHaveLength(1);
  }
});

withClient(`without the passwords nothing starts, and the missing one is named${reason}`, () => {
  const { status, output } = compose({ POSTGRES_PASSWORD: 'x' }, 'config');
  expect(status).not.toBe(0);
  expect(output).toContain('ORTHANC_PASSWORD');
});

test('what the compose file and the image name is there', async () => {
  const composeFile = await readFile(path.join(ROOT, 'docker-compose.yml'), 'utf8');
  const mounted = [...composeFile.matchAll(/- (\.\/[^:]+):/g)].map(([, file]) => file!);
  expect(mounted.length).toBeGreaterThan(0);
  const dockerfile = await readFile(path.join(ROOT, 'server/Dockerfile'), 'utf8');
  const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, sources]) => sources!.split(' '));
  expect(copied).toContain('server/package.json');
  for (const file of [...mounted, ...copied])
    expect([file, existsSync(path.join(ROOT, file))]).toEqual([file, true]);
  // Each workspace's manifest must be there before the install.
  const { workspaces } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
    workspaces: string[];
  };
  for (const workspace of workspaces) expect(copied).toContain(`${workspace}/package.json`);
});

const listOf = (dockerfile: string, instruction: string): string[] =>
  JSON.parse(new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(dockerfile)![1]!) as string[];

test("the server image's start command serves, says that it is healthy, and ends when asked", async () => {
  const dockerfile = await readFile(path.join(ROOT, 'server/Dockerfile'), 'utf8');
  const [program, ...entry] = listOf(dockerfile, 'ENTRYPOINT');
  expect(program).toBe('node');
  const dir = await mkdtemp(path.join(tmpdir(), 'nodulelab-image-'));
  const orthanc = await startTestOrthanc();
  const archive = new URL(orthanc.baseUrl);
  archive.username = orthanc.auth.username;
  archive.password = orthanc.auth.password;
  const server = spawn(process.execPath, [...entry, ...listOf(dockerfile, 'CMD'), '--no-demo'], {
    cwd: ROOT,
    env: { ...process.env, NODULELAB_DATA: dir, NODULELAB_ORTHANC: archive.href },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  server.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  server.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  try {
    const announcement = path.join(dir, 'server.json');
    while (!existsSync(announcement)) {
      if (server.exitCode !== null) throw new Error(`the server ended: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { url, token } = JSON.parse(await readFile(announcement, 'utf8')) as { url: string; token: string };
    // It listens to everybody, so it has accounts: Docker asks what needs none.
    expect((await fetch(`${url}/api/session`)).status).toBe(200);
    expect((await fetch(`${url}/api/health`)).status).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    const health = Health.parse(await (await fetch(`${url}/api/health`, { headers })).json());
    expect(health.orthanc.reachable).toBe(true);
    expect(output).not.toContain(orthanc.auth.password);
  } finally {
    const ended = server.exitCode === null ? once(server, 'exit') : Promise.resolve([server.exitCode]);
    server.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    await orthanc.stop();
    await rm(dir, { recursive: true, force: true });
    expect([code, output]).toEqual([0, output]);
  }
}, 180_000);

test("the archive's configuration of the container starts a local Orthanc with DICOMweb behind the password", async () => {
  const search = findOrthanc();
  if (!search.found) throw new Error(search.message);
  const dir = await mkdtemp(path.join(tmpdir(), 'nodulelab-orthanc-image-'));
  await mkdir(path.join(dir, 'configuration'));
  const image = JSON.parse(await readFile(path.join(ROOT, 'orthanc/docker/orthanc.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  // What the image and the environment in the compose file add, here for this machine.
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const users = { nodulelab: SECRETS.ORTHANC_PASSWORD };
  await writeFile(
    path.join(dir, 'configuration', 'orthanc.json'),
    JSON.stringify({
      ...image,
      HttpPort: port,
      StorageDirectory: path.join(dir, 'db'),
      IndexDirectory: path.join(dir, 'db'),
      Plugins: [search.installation.dicomWebPlugin],
      RegisteredUsers: users,
    }),
  );
  const orthanc = spawn(search.installation.executable, [path.join(dir, 'configuration')], {
    stdio: 'ignore',
  });
  try {
    const ask = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/dicom-web/studies`, { headers }).catch(() => undefined);
    let answer = await ask({});
    for (let attempt = 0; !answer && attempt < 100; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      answer = await ask({});
    }
    expect(answer?.status).toBe(401);
    const authorization = `Basic ${Buffer.from(`nodulelab:${SECRETS.ORTHANC_PASSWORD}`).toString('base64')}`;
    expect(await (await ask({ authorization }))?.json()).toEqual([]);
  } finally {
    orthanc.kill('SIGTERM');
    await once(orthanc, 'exit');
    await rm(dir, { recursive: true, force: true });
  }
});
