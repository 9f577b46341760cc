// `npm test`: installs what tests need, checks types, lint and format, builds the viewer and runs the suites. It ends
// with the line `N passed, N failed, N skipped`; the exit status is 0 only where nothing failed.
//
// `npm test -- unit` (or integration, e2e; several may be named) runs those suites alone; further words are patterns of
// test files. Plain JavaScript for Node 18 or newer: it runs before anything is installed.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureDependencies } from './lib/dependencies.mjs';
import { NODE, ROOT, projectEnvironment, runQuietly, runVisibly } from './lib/processes.mjs';
import { ensurePythonOnnx } from './lib/pythonOnnx.mjs';
import { Stop, say, step } from './lib/terminal.mjs';
import { ensureTestTools } from './lib/testTools.mjs';

const SUITES = ['unit', 'integration', 'e2e'];
const REPORTS = path.join(ROOT, 'artifacts', 'test');
const bin = (name) => path.join(ROOT, 'node_modules', '.bin', name);

const CHECKS = [
  ['Types', 'tsc', ['--noEmit', '-p', '.']],
  ['Lint', 'eslint', ['.']],
  ['Format', 'prettier', ['--check', '.']],
];

/** @typedef {{ passed: number, failed: string[], skipped: string[] }} Tally */

/** Each check counts as one test. @param {Tally} tally */
async function check(tally) {
  for (const [title, program, args] of CHECKS)
    try {
      await step(title, () =>
        runQuietly(bin(program), args, {
          env: projectEnvironment(),
          failure: `${title}: see above (npm run check).`,
        }),
      );
      tally.passed += 1;
    } catch (error) {
      say(error.message);
      tally.failed.push(`check: ${title.toLowerCase()}`);
    }
}

/** @param {string} suite @param {string[]} patterns @param {Tally} tally */
async function run(suite, patterns, tally) {
  const report = path.join(REPORTS, `${suite}.json`);
  rmSync(report, { force: true });
  say(`\n${suite}`);
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  await runVisibly(
    NODE,
    [
      bin('jest'),
      ...['--selectProjects', suite, '--json', '--outputFile', report, '--passWithNoTests'],
      // Real browsers and real volumes side by side would fight for memory and time.
      ...(suite === 'e2e' ? ['--runInBand'] : []),
      ...(patterns.length > 0 ? ['--', ...patterns] : []),
    ],
    {
      ...projectEnvironment(),
      NODE_OPTIONS: [process.env.NODE_OPTIONS, ...flags].filter(Boolean).join(' '),
    },
  );
  add(report, suite, tally);
}

/** Adds what jest reported. A file that did not even load counts as one failure, and so does a missing report. */
function add(report, suite, tally) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    tally.failed.push(`${suite}: the suite ended without a report`);
    return;
  }
  for (const file of results) {
    const name = path.relative(ROOT, file.name);
    if (file.assertionResults.length === 0 && file.status === 'failed')
      tally.failed.push(`${name}: did not run`);
    for (const { status, fullName } of file.assertionResults) {
      if (status === 'passed') tally.passed += 1;
      else if (status === 'failed') tally.failed.push(`${name}: ${fullName}`);
      else tally.skipped.push(`${name}: ${fullName}`);
    }
  }
}

try {
  const words = process.argv.slice(2);
  const named = SUITES.filter((suite) => words.includes(suite));
  const suites = named.length > 0 ? named : SUITES;
  const patterns = words.filter((word) => !SUITES.includes(word));
  /** @type {Tally} */
  const tally = { passed: 0, failed: [], skipped: [] };
  mkdirSync(REPORTS, { recursive: true });

  await ensureDependencies();
  if (suites.includes('unit')) await ensurePythonOnnx();
  if (suites.some((suite) => suite !== 'unit')) await ensureTestTools();
  if (words.length === 0) await check(tally);
  if (suites.includes('e2e'))
    await step('Building the viewer', () =>
      runQuietly(NODE, [path.join(ROOT, 'viewer', 'build.ts')], {
        env: projectEnvironment(),
        failure: 'The viewer could not be built: see above (npm run build).',
      }),
    );
  for (const suite of suites) await run(suite, patterns, tally);

  say('');
  for (const name of tally.skipped) say(`skipped  ${name}`);
  for (const name of tally.failed) say(`failed   ${name}`);
  process.stdout.write(
    `${tally.passed} passed, ${tally.failed.length} failed, ${tally.skipped.length} skipped\n`,
  );
  process.exitCode = tally.failed.length > 0 || tally.passed === 0 ? 1 : 0;
} catch (error) {
  say(error instanceof Stop ? error.message : String(error?.stack ?? error));
  process.stdout.write('0 passed, 1 failed, 0 skipped\n');
  process.exitCode = 1;
}
