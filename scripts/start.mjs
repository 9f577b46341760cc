// `npm start`: from a fresh clone to the running viewer. Installs what is missing, then hands over to
// `nodulelab serve`; what is given after `npm start --` goes there.
//
// Plain JavaScript for Node 18 or newer: it runs before anything is installed.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureDependencies } from './lib/dependencies.mjs';
import { ensureOrthanc } from './lib/orthanc.mjs';
import { NODE, ROOT, projectEnvironment } from './lib/processes.mjs';
import { Stop, say } from './lib/terminal.mjs';

/** A terminal and npm both pass on one Ctrl-C: what comes within this time is the same one. */
const SAME_SIGNAL_MS = 1_000;

/** Runs the server until it ends, by itself or asked by a signal. */
function serve(args, env) {
  // A process group of its own: the terminal's Ctrl-C reaches this process only, which passes it on exactly once.
  const child = spawn(NODE, [path.join(ROOT, 'server', 'bin', 'nodulelab.ts'), ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  let asked = 0;
  let count = 0;
  const end = () => {
    if (Date.now() - asked < SAME_SIGNAL_MS) return;
    asked = Date.now();
    count += 1;
    if (count === 1) child.kill('SIGTERM');
    else if (count === 2) say('Still ending what was started; once more ends it by force.');
    else process.kill(-child.pid, 'SIGKILL');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
  process.on('exit', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? (count > 0 ? 130 : 1)));
  });
}

try {
  const args = process.argv.slice(2);
  await ensureDependencies();
  const external =
    args.some((arg) => arg === '--orthanc' || arg.startsWith('--orthanc=')) || process.env.NODULELAB_ORTHANC;
  const orthanc = external || args.includes('--help') ? undefined : await ensureOrthanc();
  try {
    process.exitCode = await serve(['serve', ...args], { ...projectEnvironment(), ...orthanc?.env });
  } finally {
    await orthanc?.stop();
  }
} catch (error) {
  say(error instanceof Stop ? error.message : String(error?.stack ?? error));
  process.exitCode = 1;
}
