// What the start and test scripts say, and how they ask. Plain JavaScript for Node 18 or newer, without dependencies.
import { createInterface } from 'node:readline/promises';
import { clearInterval, setInterval } from 'node:timers';

const LOG_EVERY_MS = 15_000;

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** An expected failure: the message is all that the user needs. */
export class Stop extends Error {}

/**
 * Shows that something runs and for how long: a line that counts on a terminal, a line now and then in a log.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  const live = process.stderr.isTTY === true;
  const draw = () => process.stderr.write(`\r\u001b[2K… ${title} ${seconds()} s`);
  if (live) draw();
  else say(`… ${title}`);
  const timer = live
    ? setInterval(draw, 1000)
    : setInterval(() => say(`… ${title}: ${seconds()} s so far`), LOG_EVERY_MS);
  try {
    const result = await work();
    if (live) process.stderr.write('\r\u001b[2K');
    say(`✓ ${title} (${seconds()} s)`);
    return result;
  } catch (error) {
    if (live) process.stderr.write('\r\u001b[2K');
    say(`✗ ${title} (${seconds()} s)`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Asks where someone sits at a terminal; where nobody does, the answer is yes.
 * @param {string} question
 */
export async function agreed(question) {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [Y/n] `);
    return /^\s*(y|yes)?\s*$/i.test(answer);
  } finally {
    terminal.close();
  }
}
