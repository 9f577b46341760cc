/** A drawn study as a table of answers, as a real reading gives it: an example to analyse. */
import type { DrawnStudy } from './readerModel.ts';

export function drawnTable({ readers, synthetic, repeated }: DrawnStudy): string {
  const lines = readers.flatMap(({ confidences, calledSynthetic, again }, r) => {
    const row = (i: number, called: boolean, confidence: number, repeat: boolean): string =>
      [
        `reader ${r + 1}`,
        `case ${i + 1}`,
        word(synthetic[i]!),
        word(called),
        confidence,
        repeat ? 'yes' : 'no',
      ].join(',');
    return [
      ...synthetic.map((_, i) => row(i, calledSynthetic[i]!, confidences[i]!, false)),
      // Of a second look the model draws the choice alone: its confidence is the first one on that side.
      ...repeated.map((index, i) => row(index, again[i]!, again[i]! ? 4 : 2, true)),
    ];
  });
  return ['reader,case,truth,choice,confidence,repeat', ...lines].map((line) => `${line}\r\n`).join('');
}

const word = (synthetic: boolean): string => (synthetic ? 'synthetic' : 'real');
