/** The tables of a design: every arm with its figures, its sizes, its calibration and its checks. */
import { escapeHtml } from '../../../gan/report/html.ts';
import type { Estimate } from '../../result.ts';
import { howIntervals } from '../../report/numbers.ts';
import { type Cell, paragraph, tableHtml } from '../../report/parts.ts';
import type { ArmFigures, DesignResult, Difference } from '../result.ts';
import { idOf, isArm, isCompared } from './armKinds.ts';
import { stratumWords } from './answer.ts';
import { between, decimals, percent, pText, signed, three, verdictOf } from './figureText.ts';

/** The name leads to what the arm trained on. */
export const armCell = ({ name, title }: ArmFigures): Cell => ({
  html: `<a href="#${idOf('arm', name)}">${escapeHtml(title)}</a>`,
});

const NONE: Cell = { html: '–', class: 'faint' };

/** The value above its interval. */
function stacked(value: string, interval: Estimate['interval'], text: (value: number) => string): Cell {
  return { html: `<b>${escapeHtml(value)}</b><br><small>${escapeHtml(between(interval, text))}</small>` };
}
export const aucCell = ({ value, interval }: Estimate): Cell => stacked(three(value), interval, three);
export const shareCell = ({ value, interval }: Estimate): Cell =>
  stacked(percent(value), interval, (end) => decimals(100 * end, 1));
export const differenceCell = (found: Difference | null): Cell =>
  found === null ? NONE : stacked(signed(found.value), found.interval, signed);

const LOOKS = { better: 'good', worse: 'bad', open: 'none' } as const;
/** The corrected p before the one that it was made of. */
export function pCell(found: Difference | null): Cell {
  if (found === null) return NONE;
  const { p, corrected } = found;
  const own = corrected === null ? '' : `<br><small>p ${escapeHtml(pText(p))}</small>`;
  return {
    html: `<span class="verdict ${LOOKS[verdictOf(found)]}">${escapeHtml(pText(corrected ?? p))}</span>${own}`,
  };
}

const rounded = (count: number): string => decimals(count, Number.isInteger(count) ? 0 : 1);
function trainedCell({ trainedOn, kind }: ArmFigures): Cell {
  const { malignant, benign, syntheticMalignant, syntheticBenign } = trainedOn;
  if (kind === 'baseline' && malignant + benign === 0) return NONE;
  const synthetic = syntheticMalignant + syntheticBenign;
  const of =
    synthetic === 0
      ? ''
      : `<br><small>synthetic: ${rounded(syntheticMalignant)}${syntheticBenign === 0 ? '' : ` + ${rounded(syntheticBenign)}`}</small>`;
  return { html: `${rounded(malignant)} + ${rounded(benign)}${of}` };
}

export function armsTable(design: DesignResult): string {
  const arms = design.arms.filter(isCompared);
  const everything = arms.flatMap((arm) => [arm.auc.mean, arm.accuracy, arm.overDiameter, arm.overReal]);
  return (
    tableHtml({
      caption:
        'Every arm: mean over seeds with 95% interval. Trained on: malignant + benign nodules, the mean over trainings. Accuracy, sensitivity and specificity at the threshold of each training, fixed on its validation patients. p: of no difference from real nodules only, corrected for the number of arms.',
      head: [
        'Arm',
        'Trained on',
        'AUC',
        'Seeds differ by',
        'Accuracy',
        'Sensitivity',
        'Specificity',
        'Over diameter',
        'Over diameter + texture',
        'Over real only',
        'Corrected p',
      ],
      rows: arms.map((arm) => [
        armCell(arm),
        trainedCell(arm),
        aucCell(arm.auc.mean),
        seedsCell(arm),
        shareCell(arm.accuracy),
        shareCell(arm.sensitivity),
        shareCell(arm.specificity),
        differenceCell(arm.overDiameter),
        differenceCell(arm.overDiameterTexture),
        differenceCell(arm.overReal),
        pCell(arm.overReal),
      ]),
      class: 'figures numbers',
    }) + intervalNote(everything)
  );
}

/** Standard deviation of the AUC over seeds. */
function seedsCell({ auc: { seeds } }: ArmFigures): Cell {
  if (seeds.length < 2) return NONE;
  const mean = seeds.reduce((sum, one) => sum + one, 0) / seeds.length;
  const spread = seeds.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (seeds.length - 1);
  return { html: `± ${three(Math.sqrt(spread))}` };
}

type WithInterval = Pick<Estimate, 'value' | 'interval'> | null;
export function intervalNote(found: readonly WithInterval[]): string {
  const how = howIntervals(found);
  return how === '' ? '' : paragraph(`Intervals, ${how}.`, 'small faint');
}

/** Two other intervals of the same AUC, of the probability averaged over seeds. */
export const otherIntervalsTable = (design: DesignResult): string => {
  const arms = design.arms.filter(isCompared);
  return (
    tableHtml({
      caption:
        'AUC of the probability averaged over seeds, with two intervals that do not know of seeds: nodules taken as independent (DeLong), and nodules of a patient together (Obuchowski).',
      head: ['Arm', 'DeLong', 'By patient', 'Mean over seeds'],
      rows: arms.map((arm) => [
        armCell(arm),
        aucCell(arm.auc.deLong),
        aucCell(arm.auc.clustered),
        aucCell(arm.auc.mean),
      ]),
      class: 'figures numbers',
    }) + intervalNote(arms.flatMap(({ auc }) => [auc.deLong, auc.clustered]))
  );
};

/** Strata of the first arm that has any; all arms of a design have the same. */
export function strataTable(design: DesignResult): string {
  const arms = design.arms.filter(isCompared);
  const strata = arms.find((arm) => arm.strata.length > 0)?.strata ?? [];
  if (strata.length === 0) return paragraph('not computed: the protocol names no sizes', 'faint');
  const cells = arms.map((arm) =>
    strata.flatMap(({ fromMm }): Cell[] => {
      const own = arm.strata.find((stratum) => stratum.fromMm === fromMm);
      return [own?.auc ? aucCell(own.auc) : NONE, differenceCell(own?.overDiameterTexture ?? null)];
    }),
  );
  const counts = strata.map(
    (stratum) =>
      `${stratumWords(stratum)}: ${stratum.nodules.malignant} malignant, ${stratum.nodules.benign} benign`,
  );
  return tableHtml({
    caption: `AUC among nodules of some diameters only, and the gain over diameter + texture there. ${counts.join('; ')}. – where fewer than two patients of a class are there.`,
    head: [
      'Arm',
      ...strata.flatMap((stratum) => [`AUC, ${stratumWords(stratum)}`, `Gain, ${stratumWords(stratum)}`]),
    ],
    rows: arms.map((arm, at) => [armCell(arm), ...cells[at]!]),
    class: 'figures numbers',
  });
}

export function calibrationTable(design: DesignResult): string {
  const arms = design.arms.filter(isCompared);
  const plain = (value: number | null): string => (value === null ? 'not computed' : decimals(value, 2));
  return (
    tableHtml({
      caption:
        'How far probabilities can be taken at their word. Brier and expected error: 0 is perfect. Slope 1 and intercept 0 are perfect; a slope below 1 means that the classifier is surer than it should be.',
      head: ['Arm', 'Brier score', 'Expected calibration error', 'Slope', 'Intercept'],
      rows: arms.map((arm) => [
        armCell(arm),
        aucCell(arm.calibration.brier),
        aucCell(arm.calibration.expectedError),
        plain(arm.calibration.slope),
        plain(arm.calibration.intercept),
      ]),
      class: 'figures numbers',
    }) + intervalNote(arms.flatMap(({ calibration: { brier, expectedError } }) => [brier, expectedError]))
  );
}

export function shortcutTable(design: DesignResult): string {
  const arms = design.arms.filter((arm) => isArm(arm) && arm.shortcut !== null);
  return (
    tableHtml({
      caption:
        'What each classifier says of synthetic benign nodules that no training has seen, beside what it says of the real benign test nodules.',
      head: [
        'Arm',
        'Synthetic benign seen',
        'Of them called malignant',
        'Real benign called malignant',
        'Shortcut AUC',
      ],
      rows: arms.map((arm) => [
        armCell(arm),
        String(arm.shortcut!.probes),
        shareCell(arm.shortcut!.called),
        shareCell(arm.shortcut!.realCalled),
        aucCell(arm.shortcut!.auc),
      ]),
      class: 'figures numbers',
    }) + intervalNote(arms.flatMap((arm) => [arm.shortcut!.called, arm.shortcut!.auc]))
  );
}
