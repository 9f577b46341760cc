/** How intervals were made, in words that many of them share. */
import type { Estimate } from '../../result.ts';

const NUMBER = /\d+(?:[.,]\d+)*/g;
const PLACE = '\u0000';
const size = (text: string): number => Number(text.replaceAll(',', ''));

/** Ways that differ in numbers only are told once, with the range of each number that differs. */
export function waysOf(intervals: readonly NonNullable<Estimate['interval']>[]): string {
  const ways = new Map<string, string[][]>();
  for (const { how, level } of intervals) {
    const pattern = `${Number((100 * level).toFixed(1))}\u00a0%: ${how.replaceAll(NUMBER, PLACE)}`;
    const numbers = [...how.matchAll(NUMBER)].map(([text]) => text);
    ways.set(pattern, [...(ways.get(pattern) ?? []), numbers]);
  }
  return [...ways]
    .map(([pattern, all]) => {
      const [first = '', ...rest] = pattern.split(PLACE);
      return rest.reduce((text, part, at) => {
        const ascending = all.map((numbers) => numbers[at]!).toSorted((a, b) => size(a) - size(b));
        const [low, high] = [ascending[0]!, ascending.at(-1)!];
        return `${text}${low === high ? low : `${low} to ${high}`}${part}`;
      }, first);
    })
    .join('; ');
}
