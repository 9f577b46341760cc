// Installs Debian packages, with consent, as root or with sudo, and without any service starting by itself.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runQuietly, runVisibly, succeeds } from './processes.mjs';
import { Stop, agreed, step } from './terminal.mjs';

const SCRIPT = fileURLToPath(new URL('./installPackages.sh', import.meta.url));
const isRoot = () => process.getuid?.() === 0;

/** How to become root here: not at all, by sudo, or undefined where it cannot be done. */
function becomeRoot() {
  if (isRoot()) return [];
  // Where someone sits at the terminal, sudo may ask for the password.
  if (succeeds('sudo', ['-n', 'true'])) return ['sudo', '-n'];
  if (process.stdin.isTTY && succeeds('sudo', ['--version'])) return ['sudo'];
  return undefined;
}

/** True where packages can be installed by this user. */
export const canInstall = () => existsSync('/usr/bin/apt-get') && becomeRoot() !== undefined;

/**
 * @param {string[]} packages
 * @param {string} why what they are needed for
 */
export async function installPackages(packages, why) {
  const byHand = `Install what is missing (as root: apt-get install ${packages.join(' ')}), then run this again.`;
  const asRoot = becomeRoot();
  if (!existsSync('/usr/bin/apt-get') || !asRoot) throw new Stop(`${why} ${byHand}`);
  if (!(await agreed(`${why} Install ${packages.join(', ')} with apt-get${isRoot() ? '' : ' (sudo)'}?`)))
    throw new Stop(byHand);
  if (asRoot.length === 1 && !succeeds('sudo', ['-n', 'true'])) {
    // The password is asked here, before a progress line would draw over the question.
    if ((await runVisibly('sudo', ['-v'], process.env)) !== 0) throw new Stop(byHand);
  }
  const [program, ...args] = [...asRoot, 'sh', SCRIPT, ...packages];
  await step(`Installing ${packages.join(', ')}`, () => runQuietly(program, args, { failure: byHand }));
}
