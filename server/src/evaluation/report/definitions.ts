/** Definitions of the figures of a measure: once for all that share it. */
import { escapeHtml } from '../../gan/report/html.ts';
import type { Figure } from '../result.ts';
import { labelOf } from './words.ts';

/**
 * Definitions that differ in a few words only become one, with […] for what differs. What […] stands for is listed where
 * it is new, so each writer serves one page from the top.
 */
export function definitionWriter(): (figures: readonly Figure[]) => string {
  const listed = new Set<string>();
  return (figures) => {
    const texts = [...new Set(figures.map(({ definition }) => definition))];
    const of = (text: string): string =>
      figures
        .filter(({ definition }) => definition === text)
        .map(labelOf)
        .join('; ');
    const first = texts[0] ?? '';
    if (texts.length === 1) return line('Definition', first);
    const { head, middles, tail } = split(texts);
    if (head.length + tail.length < first.length / 2)
      return texts.map((text) => line(`Definition (${of(text)})`, text)).join('');
    const list = texts.map((text, at) => `<li>${escapeHtml(`${of(text)}: ${middles[at]!}`)}</li>`).join('');
    const known = listed.has(list);
    listed.add(list);
    return (
      line('Definition', `${head}[…]${tail}`) +
      (known
        ? '<p class="small">[…] stands for the same as above.</p>'
        : `<p class="small">[…] stands for:</p><ul class="small">${list}</ul>`)
    );
  };
}

const line = (name: string, text: string): string =>
  `<p class="small"><b>${escapeHtml(name)}.</b> ${escapeHtml(text)}</p>`;

/** What all texts begin and end with, in whole words, and what is between; a comma there belongs to the end. */
function split(texts: readonly string[]): { head: string; middles: string[]; tail: string } {
  const head = common(texts);
  const end = reversed(common(texts.map((text) => reversed(text.slice(head.length)))));
  const middles = texts.map((text) => text.slice(head.length, text.length - end.length));
  const mark = middles[0]!.at(-1)!;
  return ',;:'.includes(mark) && middles.every((middle) => middle.endsWith(mark))
    ? { head, middles: middles.map((middle) => middle.slice(0, -1)), tail: `${mark}${end}` }
    : { head, middles, tail: end };
}

/** What all texts begin with, up to the end of a word. */
function common(texts: readonly string[]): string {
  const [first = ''] = texts;
  let length = 0;
  while (length < first.length && texts.every((text) => text[length] === first[length])) length++;
  return first.slice(0, first.lastIndexOf(' ', length - 1) + 1);
}

const reversed = (text: string): string => [...text].toReversed().join('');
