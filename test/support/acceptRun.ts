/** Runs an accept in a process of its own; see acceptProcess.ts. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface AcceptOrder {
  readonly dataDir: string;
  readonly orthancUrl: string;
  readonly seriesInstanceUID: string;
  /** `look` accepts nothing. */
  readonly action: 'look' | 'kill' | 'fill' | 'none';
  /** Acts at the progress message that this matches; before the accept begins without it. */
  readonly at?: string;
  /** Which of these messages, from 1. */
  readonly time?: number;
  /** So long after it. */
  readonly delayMs?: number;
  /** File system that `fill` fills. */
  readonly disk?: string;
  /** Accepts an insertion and, on top of it, a removal. */
  readonly removal?: boolean;
}

export type Seen =
  | {
      readonly kind: 'start';
      readonly archive: readonly { readonly uid: string; readonly instances: number }[];
      /** Complete series of the registry. */
      readonly known: readonly {
        readonly ct: string;
        readonly segmentation: string;
        readonly report: string;
      }[];
      /** Synthetic series among all that NoduleLab lists. */
      readonly listed: readonly string[];
    }
  | { readonly kind: 'written'; readonly ct: string }
  | { readonly kind: 'failed'; readonly error: string; readonly message: string };

type Start = Extract<Seen, { kind: 'start' }>;

export interface AcceptRun {
  readonly start: Start;
  readonly end: Exclude<Seen, Start> | undefined;
  readonly killed: boolean;
}

const PROCESS = fileURLToPath(new URL('./acceptProcess.ts', import.meta.url));

export async function runAccept(order: AcceptOrder): Promise<AcceptRun> {
  const { stdout, killed, stderr } = await promisify(execFile)(
    process.execPath,
    [PROCESS, JSON.stringify(order)],
    { env: { ...process.env, NODE_OPTIONS: '' } },
  ).then(
    ({ stdout, stderr }) => ({ stdout, stderr, killed: false }),
    (error: { stdout: string; stderr: string; signal: string | null }) => ({
      ...{ stdout: error.stdout, stderr: error.stderr },
      killed: error.signal === 'SIGKILL',
    }),
  );
  const [start, end] = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Seen);
  if (start?.kind !== 'start') throw new Error(`the accept did not begin: ${stderr}`);
  if (end?.kind === 'start') throw new Error('the accept began twice');
  return { start, end, killed };
}
