/** The tables of a design: every arm with its figures, its sizes, its calibration and its checks. */
import { escapeHtml } from '../../../gan/report/html.ts';
import type { Estimate } from '../../result.ts';
import { type Cell, paragraph, tableHtml } from '../../report/parts.ts';
import type { ArmFigures, DesignResult, Difference, Stratum } from '../result.ts';
import { idOf, isArm, isCompared } from './armKinds.ts';
import { waysOf } from './intervalWays.ts';
import { stratumWords } from './answer.ts';
import {
  aucText,
  between,
  decimals,
  differenceText,
  percent,
  percentText,
  pText,
  signed,
  three,
  verdictOf,
} from './figureText.ts';

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
  const made =
    syntheticMalignant + syntheticBenign === 0
      ? ''
      : `<br><small>made: ${rounded(syntheticMalignant)} + ${rounded(syntheticBenign)}</small>`;
  return { html: `${rounded(malignant)} + ${rounded(benign)}${made}` };
}

export function armsTable(design: DesignResult): string {
  const arms = design.arms.filter(isCompared);
  const everything = arms.flatMap((arm) => [arm.auc.mean, arm.accuracy, arm.overDiameter, arm.overReal]);
  return (
    tableHtml({
      caption:
        'Every arm: mean over seeds, ± their standard deviation, with 95 % interval. Trained on: real malignant + benign nodules, and below them those that were made, the mean over trainings. Accuracy, sensitivity and specificity at the threshold of each training, fixed on its validation patients. p: of no difference from real nodules only, corrected for the number of arms.',
      head: [
        'Arm',
        'Trained on',
        'AUC',
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
        meanCell(arm),
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

/** The mean over seeds with their standard deviation. */
function meanCell({ auc: { mean, seeds } }: ArmFigures): Cell {
  const middle = seeds.reduce((sum, one) => sum + one, 0) / seeds.length;
  const spread = Math.sqrt(seeds.reduce((sum, one) => sum + (one - middle) ** 2, 0) / (seeds.length - 1));
  const beside = seeds.length < 2 ? '' : ` <small>± ${three(spread)}</small>`;
  return {
    html: `<b>${three(mean.value)}</b>${beside}<br><small>${escapeHtml(between(mean.interval, three))}</small>`,
  };
}

/** How the intervals of a table were made, each way once. */
export function intervalNote(found: readonly (Pick<Estimate, 'value' | 'interval'> | null)[]): string {
  const how = waysOf(found.flatMap((one) => one?.interval ?? []));
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
        aucText(arm.auc.deLong),
        aucText(arm.auc.clustered),
        aucText(arm.auc.mean),
      ]),
      class: 'figures numbers',
    }) + intervalNote(arms.flatMap(({ auc }) => [auc.deLong, auc.clustered]))
  );
};

/** All arms of a design have the same strata; one in which no AUC could be computed is named and has no column. */
export function strataTable(design: DesignResult): string {
  const arms = design.arms.filter(isCompared);
  const all = arms.find((arm) => arm.strata.length > 0)?.strata ?? [];
  if (all.length === 0) return paragraph('not computed: the protocol names no sizes', 'faint');
  const of = (arm: ArmFigures, fromMm: number): Stratum | undefined =>
    arm.strata.find((stratum) => stratum.fromMm === fromMm);
  const computed = ({ fromMm }: Stratum): boolean => arms.some((arm) => of(arm, fromMm)?.auc);
  const shown = all.filter(computed);
  const counts = all.map(
    (stratum) =>
      `${stratumWords(stratum)}: ${stratum.nodules.malignant} malignant, ${stratum.nodules.benign} benign${
        computed(stratum) ? '' : ' (not computed: fewer than two patients of a class)'
      }`,
  );
  const found = arms.flatMap(({ strata }) =>
    strata.flatMap((stratum) => [stratum.auc, stratum.overDiameterTexture]),
  );
  return (
    tableHtml({
      caption: `AUC among nodules of some diameters only, and the gain over diameter + texture there. ${counts.join('; ')}.`,
      head: [
        'Arm',
        ...shown.flatMap((stratum) => [
          `AUC, ${stratumWords(stratum)}`,
          `Gain over diameter + texture, ${stratumWords(stratum)}`,
        ]),
      ],
      rows: arms.map((arm) => [
        armCell(arm),
        ...shown.flatMap(({ fromMm }): Cell[] => {
          const own = of(arm, fromMm);
          return [
            own?.auc ? aucText(own.auc) : NONE,
            own?.overDiameterTexture ? differenceText(own.overDiameterTexture) : NONE,
          ];
        }),
      ]),
      class: 'figures numbers',
    }) + intervalNote(found)
  );
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
        aucText(arm.calibration.brier),
        aucText(arm.calibration.expectedError),
        plain(arm.calibration.slope),
        plain(arm.calibration.intercept),
      ]),
      class: 'figures numbers',
    }) + intervalNote(arms.flatMap(({ calibration: { brier, expectedError } }) => [brier, expectedError]))
  );
}

export function shortcutTable(design: DesignResult): string {
  const probed = design.arms.flatMap((arm) => (isArm(arm) && arm.shortcut ? [{ arm, ...arm.shortcut }] : []));
  const probes = [...new Set(probed.map((one) => one.probes))].join(' or ');
  return (
    tableHtml({
      caption: `What each classifier says of ${probes} synthetic benign nodules that no training has seen, beside what it says of the real benign test nodules.`,
      head: ['Arm', 'Synthetic benign called malignant', 'Real benign called malignant', 'Shortcut AUC'],
      rows: probed.map(({ arm, called, realCalled, auc }) => [
        armCell(arm),
        percentText(called),
        percentText(realCalled),
        aucText(auc),
      ]),
      class: 'figures numbers',
    }) + intervalNote(probed.flatMap(({ called, realCalled, auc }) => [called, realCalled, auc]))
  );
}
