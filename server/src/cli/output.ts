/**
 * What a command prints. Results go to stdout (a table for people, or exactly one JSON object with --json); progress
 * and notes go to stderr, so that a pipe never sees them.
 */
export interface Streams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export interface Output {
  /** The command's result: `human` is printed, or `value` as JSON with --json. */
  result(value: Record<string, unknown>, human: string): void;
  note(text: string): void;
  /** A progress line that is redrawn in place on a terminal and thinned out in a log. `fraction` within 0..1. */
  progress(fraction: number, message: string): void;
}

const BAR = 24;
const LOG_EVERY_MS = 5_000;

export function createOutput(streams: Streams, json: boolean, now: () => number): Output {
  const live = streams.stderr.isTTY === true;
  let drawn = false;
  let last = Number.NEGATIVE_INFINITY;

  const clear = (): void => {
    if (drawn) streams.stderr.write('\r\u001b[2K');
    drawn = false;
  };

  return {
    result(value, human) {
      clear();
      streams.stdout.write(json ? `${JSON.stringify(value)}\n` : human.endsWith('\n') ? human : `${human}\n`);
    },
    note(text) {
      clear();
      streams.stderr.write(`${text}\n`);
    },
    progress(fraction, message) {
      const percent = `${String(Math.round(fraction * 100)).padStart(3)}%`;
      if (live) {
        const filled = Math.round(fraction * BAR);
        clear();
        streams.stderr.write(`${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${percent} ${message}`);
        drawn = fraction < 1;
        if (!drawn) streams.stderr.write('\n');
      } else if (now() - last >= LOG_EVERY_MS || fraction >= 1) {
        last = now();
        streams.stderr.write(`${percent} ${message}\n`);
      }
    },
  };
}

/** Columns padded to their widest cell; numbers align right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const numeric = header.map((_, column) => rows.every((row) => /^[-+0-9.,–%]*$/.test(row[column] ?? '')));
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
