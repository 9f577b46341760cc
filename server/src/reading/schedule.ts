/** In which order a reader sees the cases: fixed from a seed, another for every reader, repeats well apart. */
import { Random } from '../nn/random.ts';
import { NoduleLabError } from '../volume/errors.ts';

const { max, min, round } = Math;

export interface Showing {
  readonly case: string;
  readonly kind: 'training' | 'reading' | 'repeat';
}

/** Share of cases that are shown again: few tell nothing, many tire. */
export const REPEATS = { least: 0.1, most: 0.2 } as const;

export interface ScheduleRequest {
  /** Read by everybody, each once. */
  readonly cases: readonly string[];
  /** Shown first, to everybody in the same order; their answers count nowhere. */
  readonly training: readonly string[];
  /** Of the cases, 0.1 to 0.2. */
  readonly repeatShare: number;
  readonly seed: number;
}

/** Which cases everybody reads twice: drawn once for all, so that readers can be compared on them. */
export function repeatedCases({ cases, repeatShare, seed }: ScheduleRequest): string[] {
  const count = round(repeatShare * cases.length);
  return [...Random.of(seed, 'repeats').permutation(cases.length)]
    .slice(0, count)
    .map((index) => cases[index]!);
}

/**
 * @returns training cases, then all cases in an order of this reader, each repeat at a random place in the second half at
 *   least a third of the reading after its first showing
 */
export function scheduleOf(request: ScheduleRequest, reader: string): Showing[] {
  check(request);
  const { cases, training, seed } = request;
  const random = Random.of(seed, 'order', reader);
  const first = [...random.permutation(cases.length)].map((index) => cases[index]!);
  const twice = new Set(repeatedCases(request));
  // What is shown again must come early enough to be forgotten: repeated cases trade places until they stand in the first half.
  const half = Math.floor(first.length / 2);
  const late = first.flatMap((name, at) => (at >= half && twice.has(name) ? [at] : []));
  const early = first.flatMap((name, at) => (at < half && !twice.has(name) ? [at] : []));
  for (const at of late) {
    const other = early.splice(random.integer(early.length), 1)[0]!;
    [first[at], first[other]] = [first[other]!, first[at]!];
  }
  const shown: Showing[] = first.map((name) => ({ case: name, kind: 'reading' }));
  const gap = Math.floor(cases.length / 3);
  const again = [...twice];
  for (const index of random.permutation(again.length)) {
    const name = again[index]!;
    const from = shown.findIndex((one) => one.case === name) + gap;
    const at = min(
      shown.length,
      max(from, half) + random.integer(max(1, shown.length - max(from, half) + 1)),
    );
    shown.splice(at, 0, { case: name, kind: 'repeat' });
  }
  return [...training.map((name): Showing => ({ case: name, kind: 'training' })), ...shown];
}

function check({ cases, training, repeatShare }: ScheduleRequest): void {
  if (cases.length < 10)
    throw new NoduleLabError('invalid-input', `A reading needs ten cases or more and has ${cases.length}.`);
  const all = [...cases, ...training];
  const twice = all.find((name, at) => all.indexOf(name) !== at);
  if (twice !== undefined)
    throw new NoduleLabError(
      'invalid-input',
      `Case ${twice} stands twice: training cases are cases of their own.`,
      {
        case: twice,
      },
    );
  if (!(repeatShare >= REPEATS.least && repeatShare <= REPEATS.most))
    throw new NoduleLabError(
      'invalid-input',
      `${100 * repeatShare} % of the cases are to be repeated: take ${100 * REPEATS.least} to ${100 * REPEATS.most} %.`,
    );
}
