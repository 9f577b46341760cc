/** How intervals were made, in words that many of them share. */
import type { Estimate } from '../../result.ts';
import { PERCENT } from './figureText.ts';

const NUMBER = /\d+(?:[.,]\d+)*/g;
const PLACE = '\u0000';
const size = (text: string): number => Number(text.replaceAll(',', ''));

type Interval = NonNullable<Estimate['interval']>;

/** Ways that differ in numbers only are told once, with the range of each number that differs. */
export function waysOf(intervals: readonly Interval[]): string {
  const levels = [...new Set(intervals.map(({ level }) => level))];
  return levels
    .map((level) => {
      const ways = waysInWords(intervals.filter((interval) => interval.level === level));
      return `${Number((100 * level).toFixed(1))}${PERCENT}: ${ways.join('; ')}`;
    })
    .join('; ');
}

function waysInWords(intervals: readonly Interval[]): string[] {
  const ways = new Map<string, string[][]>();
  for (const { how } of intervals) {
    const pattern = how.replaceAll(NUMBER, PLACE);
    const numbers = [...how.matchAll(NUMBER)].map(([text]) => text);
    ways.set(pattern, [...(ways.get(pattern) ?? []), numbers]);
  }
  return [...ways].map(([pattern, all]) => {
    const [first = '', ...rest] = pattern.split(PLACE);
    return rest.reduce((text, part, at) => {
      const ascending = all.map((numbers) => numbers[at]!).toSorted((a, b) => size(a) - size(b));
      const [low, high] = [ascending[0]!, ascending.at(-1)!];
      return `${text}${low === high ? low : `${low} to ${high}`}${part}`;
    }, first);
  });
}
