// Running other programs from the start and test scripts.
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stop } from './terminal.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const BIN = path.join(ROOT, 'node_modules', '.bin');
/** Node 24 as it is locked in the dependencies; there after `ensureDependencies`. */
export const NODE = path.join(BIN, 'node');

/** The environment in which the project's own programs come first. */
export function projectEnvironment() {
  return { ...process.env, PATH: `${BIN}${path.delimiter}${systemPath()}` };
}

/** PATH without the project's own programs: what replaces them must not run on them. */
export function systemPath() {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(path.delimiter);
}

/**
 * Runs a program quietly; where it fails, the end of what it said is part of the error.
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, failure: string }} options
 * @returns {Promise<string>} what it wrote to stdout
 */
export function runQuietly(program, args, { env = process.env, failure }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let all = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      all += chunk;
    });
    child.stderr.on('data', (chunk) => (all += chunk));
    child.on('error', (error) => reject(new Stop(`${failure} (${error.message})`)));
    child.on('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Stop(`${ends(all)}\n${failure}`));
    });
  });
}

/** The first lines and the last: programs say the cause at either end. */
function ends(text) {
  const lines = text.trim().split('\n');
  return lines.length <= 24 ? lines.join('\n') : [...lines.slice(0, 12), '…', ...lines.slice(-12)].join('\n');
}

/**
 * Runs a program whose output the user sees.
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} its exit status
 */
export function runVisibly(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/**
 * True where the program runs and says that all is well.
 * @param {string} program
 * @param {string[]} args
 */
export function succeeds(program, args) {
  return spawnSync(program, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/**
 * The project's TypeScript, asked by evaluating a module that prints JSON.
 * @param {string} source
 * @returns {Promise<any>}
 */
export async function askProject(source) {
  const output = await runQuietly(NODE, ['--input-type=module', '--eval', source], {
    env: projectEnvironment(),
    failure: 'The project does not load. Remove node_modules and run this again.',
  });
  return JSON.parse(output);
}
