/** One rule and one design: all arms in tables and figures, then sizes, calibration, the shortcut, the checks, the folds. */
import { escapeHtml } from '../../../gan/report/html.ts';
import { counted } from '../../report/numbers.ts';
import { paragraph, section, tableHtml } from '../../report/parts.ts';
import type { ArmFigures, DesignResult } from '../result.ts';
import { middleSizes } from './answer.ts';
import { groupOf, idOf, isArm, isCompared, realOnly } from './armKinds.ts';
import {
  armsTable,
  aucCell,
  calibrationTable,
  intervalNote,
  otherIntervalsTable,
  shortcutTable,
  strataTable,
} from './armTables.ts';
import { contrastsPart } from './contrastsTable.ts';
import { calibrationFigure } from './calibrationFigure.ts';
import { armsFigure, gainsFigure, GUESSING, shortcutFigure } from './designFigures.ts';
import { aucText } from './figureText.ts';
import { designTitle } from './figureFiles.ts';
import { groupLegend } from './forestPlot.ts';
import { rocFigure } from './rocFigure.ts';

export const designId = ({ name, rule }: Pick<DesignResult, 'name' | 'rule'>): string =>
  idOf('design', name, rule);

export function designSection(design: DesignResult): string {
  const { patients, nodules, folds, seeds, text, lock, foldsSha256 } = design;
  return section(
    designId(design),
    designTitle(design),
    paragraph(text),
    paragraph(
      `Tested: ${counted(nodules.malignant + nodules.benign, 'nodule')} of ${counted(patients, 'patient')}, ${nodules.malignant} malignant and ${nodules.benign} benign, each once per seed; ${counted(folds, 'fold')} by patient, ${counted(seeds.length, 'seed')} (${seeds.join(', ')}), folds drawn anew for each seed.`,
    ),
    '<h3>The arms</h3>',
    `<div class="beside-forest">${card('AUC, higher is better', wide(armsFigure(design)), groupLegend(design.arms.filter(isCompared).map(groupOf)))}${gainsCard(design)}</div>`,
    armsTable(design),
    ...contrastsPart(design),
    '<h3>Where size says least</h3>',
    paragraph(middleSizes(design) || 'The protocol names no middle sizes.'),
    strataTable(design),
    '<h3>ROC and other intervals</h3>',
    `<div class="beside"><div>${rocFigure(design)}</div><div>${otherIntervalsTable(design)}</div></div>`,
    '<h3>Calibration</h3>',
    `<div class="beside-forest">${card('Predicted (across) and observed (up) share of malignant nodules', wide(calibrationFigure(design)), paragraph('Dots: bins of equal numbers. Dashed: as predicted.', 'small faint'))}<div>${calibrationTable(design)}</div></div>`,
    ...shortcutPart(design),
    ...checksPart(design),
    '<h3>Folds and lock</h3>',
    paragraph(lock),
    `<p class="small">SHA-256 of the folds, which name every patient of every part: <code>${escapeHtml(foldsSha256)}</code></p>`,
  );
}

/** Pictures with small letters scroll on a narrow page instead of shrinking. */
const wide = (svg: string): string => `<div class="wide">${svg}</div>`;
const card = (title: string, ...html: readonly string[]): string =>
  `<div class="card"><h3>${escapeHtml(title)}</h3>${html.join('')}</div>`;

function gainsCard(design: DesignResult): string {
  const figure = gainsFigure(design);
  return figure === ''
    ? ''
    : card(
        'Gain in AUC over real nodules only, p corrected',
        wide(figure),
        intervalNote(design.arms.map((arm) => arm.overReal)),
      );
}

function shortcutPart(design: DesignResult): string[] {
  const title = '<h3>Does it take “synthetic” for “malignant”?</h3>';
  const probed = design.arms.filter((arm) => isArm(arm) && arm.shortcut !== null);
  if (probed.length === 0)
    return [
      title,
      paragraph('not computed: no synthetic benign nodules were shown to the classifiers', 'faint'),
    ];
  return [
    title,
    paragraph(shortcutWords(probed, design)),
    `<div class="beside-forest">${card('Chance that a synthetic benign nodule ranks above a real benign one', wide(shortcutFigure(design)))}<div>${shortcutTable(design)}</div></div>`,
  ];
}

/** Arms whose interval lies above guessing, held against real nodules only, whose classifier cannot know the difference. */
function shortcutWords(probed: readonly ArmFigures[], design: DesignResult): string {
  const taken = probed.filter(({ shortcut }) => (shortcut!.auc.interval?.low ?? 0) > GUESSING);
  const real = realOnly(design)?.shortcut;
  const beside = real
    ? ` The classifier of real nodules only, which cannot have learned it, gives ${aucText(real.auc)}: what lies above or below that is learned.`
    : '';
  if (taken.length === 0)
    return `In none of ${counted(probed.length, 'arm')} does the interval lie above ${GUESSING}: no classifier is shown to take synthetic benign nodules for malignant ones.${beside}`;
  const [first, ...rest] = taken.toSorted((a, b) => b.shortcut!.auc.value - a.shortcut!.auc.value);
  const also = rest.length === 0 ? '' : `; then ${rest.map(({ title }) => `“${title}”`).join(', ')}`;
  return `In ${taken.length} of ${counted(probed.length, 'arm')} the classifier thinks synthetic benign nodules more malignant than real benign ones: most “${first!.title}”, ${aucText(first!.shortcut!.auc)}${also}. Sensitivity and AUC on a test set with synthetic malignant nodules would be inflated by that; all figures here are of real nodules.${beside}`;
}

function checksPart(design: DesignResult): string[] {
  const checks = design.arms.filter(({ kind }) => kind === 'check');
  if (checks.length === 0) return [];
  return [
    '<h3>Checks of the experiment itself</h3>',
    tableHtml({
      caption:
        'What must come out if training and figures are sound. One that does not is an error on top of this page.',
      head: ['Check', 'What was done', 'AUC'],
      rows: checks.map(({ title, text, auc }) => [title, text, aucCell(auc.mean)]),
      class: 'numbers-last',
    }),
    intervalNote(checks.map(({ auc }) => auc.mean)),
  ];
}
