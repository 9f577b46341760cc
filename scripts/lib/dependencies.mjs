// Installs exactly the locked dependencies, once for each lockfile.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { NODE, ROOT, runQuietly, succeeds, systemPath } from './processes.mjs';
import { Stop, step } from './terminal.mjs';

const OLDEST_NODE = 18;
const LOCK = path.join(ROOT, 'package-lock.json');
const INSTALLED = path.join(ROOT, 'node_modules', '.package-lock.json');
const STAMP = path.join(ROOT, 'node_modules', '.nodulelab-lock');

const lockHash = () => createHash('sha256').update(readFileSync(LOCK)).digest('hex');

/** True where node_modules is what the lockfile says. */
function upToDate() {
  if (!existsSync(INSTALLED) || !succeeds(NODE, ['--version'])) return false;
  if (existsSync(STAMP)) return readFileSync(STAMP, 'utf8') === lockHash();
  // Installed by hand: npm writes its own copy of the lockfile after everything else.
  return statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs;
}

export async function ensureDependencies() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE)
    throw new Stop(
      `Node ${process.versions.node} is too old: install Node ${OLDEST_NODE} or newer and run this again.`,
    );
  if (!upToDate()) {
    const env = { ...process.env, PATH: systemPath() };
    // Under `npm start` npm's own settings are in the environment, and warnings about them are nobody's business.
    await step('Installing the locked dependencies', () =>
      runQuietly('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
        env,
        failure:
          'The dependencies could not be installed. Check the connection to the npm registry, then run this again.',
      }),
    );
    if (!succeeds(NODE, ['--version']))
      throw new Stop(
        `Node 24 did not arrive in ${NODE}. Check that npm may run install scripts (npm config get ignore-scripts), ` +
          'remove node_modules and run this again.',
      );
  }
  writeFileSync(STAMP, lockHash());
}
