/** A process that does one piece of work for every line that it is sent, and answers with a line of JSON. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';

const Ready = z.object({ name: z.string() });
const Done = z.object({ seconds: z.number().positive(), peakBytes: z.number().positive() });

export class Contender {
  readonly name: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #seconds: number[] = [];
  #peakBytes = 0;

  private constructor(
    name: string,
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
  ) {
    this.name = name;
    this.#child = child;
    this.#lines = lines;
  }

  /** Starts it with its configuration as the last argument, and waits until it is ready. */
  static async start(
    program: string,
    args: readonly string[],
    config: unknown,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Contender> {
    const child = spawn(program, [...args, JSON.stringify(config)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { name } = Ready.parse(await answer(lines, program));
    return new Contender(name, child, lines);
  }

  /** Lets it work once. @returns seconds, as it measured them */
  async run(counted: boolean): Promise<number> {
    this.#child.stdin.write('go\n');
    const { seconds, peakBytes } = Done.parse(await answer(this.#lines, this.name));
    if (counted) this.#seconds.push(seconds);
    this.#peakBytes = peakBytes;
    return seconds;
  }

  get measured(): { name: string; seconds: readonly number[]; peakBytes: number } {
    return { name: this.name, seconds: this.#seconds, peakBytes: this.#peakBytes };
  }

  end(): void {
    this.#child.stdin.end();
  }
}

async function answer(lines: AsyncIterator<string>, name: string): Promise<unknown> {
  const line = await lines.next();
  if (line.done === true) throw new Error(`${name} ended before it answered; what it said is above`);
  return JSON.parse(line.value) as unknown;
}
