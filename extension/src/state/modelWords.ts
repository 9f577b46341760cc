/** A model's evaluation in the words of the panel. */
import type { ModelEvaluation } from '@nodulelab/contract';

type Gate = ModelEvaluation['gates'][number];
type Measured = ModelEvaluation['figures'][number]['measured'];

/** In a few words, for the head of the section. */
export function gatesLine(evaluation: ModelEvaluation | null): string {
  if (evaluation === null) return 'not evaluated';
  const { gates, errors } = evaluation;
  if (errors.length > 0) return 'not reliable';
  return `${gates.filter(({ passed }) => passed === true).length} of ${gates.length} gates`;
}

export const gateVerdict = ({ passed }: Gate): 'good' | 'bad' | 'unknown' =>
  passed === null ? 'unknown' : passed ? 'good' : 'bad';

export const GATE_VERDICTS = { good: 'passed', bad: 'failed', unknown: 'not judged' } as const;

const GATE_WORDS: Readonly<Record<string, string>> = {
  'frechet-attributes': 'Near real nodules in attributes',
  'frechet-radiomics': 'Near real nodules in radiomics',
  kid: 'Kernel distance',
  fidelity: 'Fidelity and coverage',
  diversity: 'Diversity',
  memorisation: 'No training nodule copied',
  spotting: 'Not spotted by a classifier',
  adherence: 'Diameter as asked',
};

/** What a gate asks; one that is not known here by its name. */
export const gateWord = ({ name }: Gate): string => GATE_WORDS[name] ?? name;

const figure = (value: number): string => {
  const size = Math.abs(value);
  const text =
    size >= 100 ? value.toFixed(0) : size >= 0.01 || size === 0 ? value.toFixed(2) : value.toPrecision(2);
  return text.replace('-', '\u2212');
};

/** `0.61 [0.50, 0.70]` */
export const measuredText = ({ value, interval }: Measured): string =>
  interval === null ? figure(value) : `${figure(value)} [${interval.map(figure).join(', ')}]`;

/** Of what it is, and when. */
export const evaluationLine = ({ real, synthetic, finishedAt }: ModelEvaluation): string =>
  `${synthetic} synthetic against ${real} held-out real nodules, ${finishedAt.slice(0, 10)}`;
