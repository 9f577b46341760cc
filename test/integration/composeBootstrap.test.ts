/** From a fresh machine to the running product: what the start script installs, starts and ends. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../..');
const folders: string[] = [];
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'nodulelab-bootstrap-'));
  folders.push(folder);
  return folder;
};
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe('installing packages', () => {
  // The package manager itself must not run here; these stand in for it and write down what they were asked.
  let dir: string;
  let policy: string;
  const script = path.join(ROOT, 'scripts/lib/installPackages.sh');
  const program = async (name: string, body: string): Promise<void> => {
    await writeFile(path.join(dir, name), `#!/bin/sh\necho "${name} $*" >>"${dir}/log"\n${body}\n`);
    await chmod(path.join(dir, name), 0o755);
  };
  const install = (...packages: string[]): { status: number | null; log: string[] } => {
    const { status } = spawnSync('sh', [script, ...packages], {
      env: { PATH: `${dir}:/usr/bin:/bin`, NODULELAB_POLICY_FILE: policy },
    });
    const log = path.join(dir, 'log');
    return { status, log: existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [] };
  };
  const denies = 'sh "$NODULELAB_POLICY_FILE" orthanc start; echo "policy answers $?" >>"';

  beforeEach(async () => {
    dir = await newFolder();
    policy = path.join(dir, 'policy-rc.d');
    await program('apt-get', `${denies}${dir}/log"; touch "${dir}/installed"`);
    await program('dpkg-query', `[ -e "${dir}/installed" ] && echo 'install ok installed'`);
    await program('systemctl', '');
    await program('update-rc.d', '');
  });

  test('no service may start meanwhile, a new one not at the next boot either, and the policy is gone after', async () => {
    const { status, log } = install('orthanc', 'orthanc-dicomweb');
    expect(status).toBe(0);
    expect(log).toContain('apt-get install -y -q --no-install-recommends orthanc orthanc-dicomweb');
    expect(log).toContain('policy answers 101');
    expect(log).toContain('systemctl disable orthanc');
    expect(existsSync(policy)).toBe(false);
  });

  test('a service that was there before is left as it is', async () => {
    await writeFile(path.join(dir, 'installed'), '');
    const { status, log } = install('orthanc-dicomweb');
    expect(status).toBe(0);
    expect(log.filter((line) => line.startsWith('systemctl'))).toEqual([]);
  });

  test('a policy of the machine that allows starting steps aside and comes back, byte for byte', async () => {
    const own = '#!/bin/sh\n# of the administrator\nexit 0\n';
    await writeFile(policy, own);
    await chmod(policy, 0o755);
    expect(install('orthanc').log).toContain('policy answers 101');
    expect(await readFile(policy, 'utf8')).toBe(own);
    expect(existsSync(`${policy}.before-nodulelab`)).toBe(false);
  });

  test('a policy that denies already is not touched', async () => {
    const own = '#!/bin/sh\nexit 101\n';
    await writeFile(policy, own);
    await chmod(policy, 0o755);
    expect(install('orthanc').status).toBe(0);
    expect(await readFile(policy, 'utf8')).toBe(own);
  });

  test('an installation that fails, or is interrupted, puts the policy back and says so by its status', async () => {
    await program('apt-get', 'exit 100');
    const failed = install('orthanc');
    expect(failed.status).not.toBe(0);
    // The lists are fetched and it is tried once more before giving up.
    expect(failed.log.filter((line) => line.startsWith('apt-get'))).toEqual([
      expect.stringContaining('install'),
      expect.stringContaining('update'),
    ]);
    expect(existsSync(policy)).toBe(false);

    await program('apt-get', 'kill -TERM $PPID; exit 0');
    expect(install('orthanc').status).not.toBe(0);
    expect(existsSync(policy)).toBe(false);
  });

  test('what an earlier installation that was ended by force left behind is repaired', async () => {
    await program('apt-get', 'kill -KILL $PPID');
    const own = '#!/bin/sh\nexit 0\n';
    await writeFile(policy, own);
    await chmod(policy, 0o755);
    install('orthanc');
    expect(await readFile(policy, 'utf8')).not.toBe(own);
    await program('apt-get', '');
    expect(install('orthanc').status).toBe(0);
    expect(await readFile(policy, 'utf8')).toBe(own);
  });
});

test('npm start brings up the demo, and one Ctrl-C, however often it arrives, ends everything in order', async () => {
  const data = await newFolder();
  const child = spawn(process.execPath, ['scripts/start.mjs', '--demo-size', 'small', '--port', '0'], {
    cwd: ROOT,
    env: { ...process.env, NODULELAB_DATA: data },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = once(child, 'exit');
  while (!output.includes('Ctrl-C ends everything')) {
    if (child.exitCode !== null) throw new Error(output);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const address = /Open\s+(\S+)/.exec(output)?.[1];
  expect((await fetch(address!)).status).toBe(200);
  const { pid } = JSON.parse(await readFile(path.join(data, 'server.json'), 'utf8')) as { pid: number };
  const orthanc = JSON.parse(await readFile(path.join(data, 'orthanc/orthanc.run.json'), 'utf8')) as {
    pid: number;
  };
  for (const running of [pid, orthanc.pid]) expect(() => process.kill(running, 0)).not.toThrow();

  // The terminal and npm both pass on the same Ctrl-C.
  child.kill('SIGINT');
  child.kill('SIGINT');
  const [code] = (await exit) as [number | null];
  expect([code, output]).toEqual([0, output]);
  for (const ended of [pid, orthanc.pid]) expect(() => process.kill(ended, 0)).toThrow();
  for (const left of ['lock', 'server.json', 'orthanc/orthanc.run.json'])
    expect([left, existsSync(path.join(data, left))]).toEqual([left, false]);
}, 240_000);
