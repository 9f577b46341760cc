/** How it was done: what each arm is, definitions with their sources, what the reader must know, the protocol. */
import { escapeHtml } from '../../../gan/report/html.ts';
import { type Cell, paragraph, section, tableHtml } from '../../report/parts.ts';
import type { ArmFigures, ClassificationResult } from '../result.ts';
import { capital, idOf, ruleWords } from './armKinds.ts';
import { designTitle } from './figureFiles.ts';

const KINDS: Readonly<Record<ArmFigures['kind'], string>> = {
  arm: 'network',
  baseline: 'no network',
  check: 'check',
};

/** Every arm once; where designs describe it differently, each description with the designs that it is of. */
export function armsSection({ designs }: ClassificationResult): string {
  const known = new Map<string, { arm: ArmFigures; texts: Map<string, string[]> }>();
  for (const design of designs)
    for (const arm of design.arms) {
      const { texts } = known.get(arm.name) ?? { texts: new Map<string, string[]>() };
      texts.set(arm.text, [...(texts.get(arm.text) ?? []), designTitle(design)]);
      if (!known.has(arm.name)) known.set(arm.name, { arm, texts });
    }
  const words = (texts: Map<string, string[]>): Cell => ({
    html: [...texts]
      .map(([text, where]) =>
        texts.size === 1
          ? escapeHtml(text)
          : `<small>${escapeHtml(where.join('; '))}:</small> ${escapeHtml(text)}`,
      )
      .join('<br>'),
  });
  return section(
    'arms',
    'What was compared',
    tableHtml({
      caption: 'All networks are alike and train alike; arms differ in what they learn from.',
      head: ['Arm', 'Kind', 'What it is'],
      rows: [...known.values()].map(({ arm, texts }) => [
        {
          html: `${escapeHtml(arm.title)} <small class="whole"><code>${escapeHtml(arm.name)}</code></small>`,
        },
        { html: `<span class="whole">${KINDS[arm.kind]}</span>` },
        words(texts),
      ]),
      ids: [...known.keys()].map((name) => idOf('arm', name)),
    }),
  );
}

/** Text with a command, between backticks or to the end. */
const withCode = (text: string): string =>
  text
    .split(/`|(?=nodulelab [a-z][^`]*$)/)
    .map((part, at) => (at % 2 === 1 ? `<code>${escapeHtml(part)}</code>` : escapeHtml(part)))
    .join('');

export const notesSection = ({ notes }: ClassificationResult): string =>
  notes.length === 0
    ? ''
    : section(
        'notes',
        'What to know, and what it would take to know more',
        `<ul class="notes">${notes.map((note) => `<li>${withCode(note)}</li>`).join('')}</ul>`,
      );

const DEFINITIONS: readonly (readonly [name: string, text: string])[] = [
  [
    'AUC',
    'Chance that a malignant nodule is given a higher probability than a benign one, ties counting one half (J. Hanley, B. McNeil, 1982). The mean over seeds is of one AUC a seed, over all test nodules, each judged by the training of the fold in which its patient was tested.',
  ],
  [
    'Interval',
    'Of one arm: patients are drawn with replacement, all their nodules together, the same for all arms, and what seeds differ by is added. Of a difference: paired placements by patient (N. Obuchowski, 1997, after E. DeLong, D. DeLong and D. Clarke-Pearson, 1988), again with what seeds differ by. How exactly stands below each table. No interval knows what other training patients would have given.',
  ],
  [
    'p and corrected p',
    'Two-sided, of no difference between two AUCs of the same nodules. Corrected over all arms of a design that are held against the same one (S. Holm, 1979): where 0.05 is the limit, the chance of even one false claim among them is 5\u00a0% at most.',
  ],
  [
    'Threshold',
    'The probability from which a nodule is called malignant. It is fixed on the validation patients of each training, where sensitivity + specificity is greatest (W. Youden, 1950), and never on test patients.',
  ],
  [
    'Diameter, diameter + texture',
    'Logistic regressions on the diameter, and on the diameter and the texture that readers saw, fitted to the real nodules of the same training patients. A classifier that does not beat them has learned that large nodules are malignant. Gains over them are paired differences of AUCs.',
  ],
  [
    'Calibration',
    'Probabilities are calibrated on validation patients (J. Platt, 1999). Brier score: mean squared error (G. Brier, 1950). Expected calibration error: mean distance of predicted and observed share over bins of about equal numbers (M. Naeini, G. Cooper, M. Hauskrecht, 2015). Slope and intercept: logistic regression of the truth on the logit of the probability (D. Cox, 1958).',
  ],
  [
    'Shortcut AUC',
    'Chance that a synthetic benign nodule is given a higher probability of malignancy than a real benign one: 0.5 is no shortcut, 1 means that “synthetic” is taken for “malignant”.',
  ],
];

/** Whose labels, and how many nodules each rule leaves. */
const rulesTable = ({ rules }: ClassificationResult): string =>
  tableHtml({
    caption:
      'Rules of the label. Nodules that a rule leaves indeterminate are neither trained on nor tested.',
    head: ['Rule', 'In words', 'Malignant', 'Benign', 'Indeterminate'],
    rows: rules.map(({ rule, text, counts }) => [
      capital(ruleWords(rule)),
      text,
      String(counts.malignant),
      String(counts.benign),
      String(counts.indeterminate),
    ]),
    ids: rules.map(({ rule }) => idOf('rule', rule)),
  });

export function howSection(result: ClassificationResult): string {
  const { protocol, generator, sets } = result;
  const hash = (text: string | null): Cell =>
    text === null ? 'not known' : { html: `<code>${escapeHtml(text.slice(0, 16))}</code>` };
  return section(
    'how',
    'How it was done',
    rulesTable(result),
    tableHtml({
      caption: 'What it was made from, by the first 16 digits of the SHA-256.',
      head: ['What', 'Name', 'Nodules', 'SHA-256'],
      rows: [
        ...sets.map(({ name, sha256, count }) => ['Set', name, String(count), hash(sha256)]),
        ...(generator === null
          ? []
          : [
              ['Generator', generator.name, '–', hash(generator.sha256)],
              ['Split of the generator', generator.name, '–', hash(generator.splitSha256)],
            ]),
        ['Protocol', protocol.name, '–', hash(protocol.sha256)],
      ],
    }),
    '<h3>Definitions</h3>',
    ...DEFINITIONS.map(
      ([name, text]) => `<p class="small"><b>${escapeHtml(name)}.</b> ${escapeHtml(text)}</p>`,
    ),
    '<h3>The protocol</h3>',
    paragraph('All of it: the same file and the same sets give the same figures.'),
    `<details><summary>${escapeHtml(protocol.name)} as JSON</summary><pre>${escapeHtml(protocol.json)}</pre></details>`,
  );
}
