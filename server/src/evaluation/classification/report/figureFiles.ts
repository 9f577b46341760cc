/** The figures of an experiment as files for the documents. */
import type { ClassificationResult } from '../result.ts';
import { calibrationFigure } from './calibrationFigure.ts';
import { capital, designWords, groupOf, idOf, isArm, isCompared, ruleWords, shortTitle } from './armKinds.ts';
import { standalone } from './classificationStyle.ts';
import { armsFigure, gainsFigure, shortcutFigure } from './designFigures.ts';
import { legendSvg } from './forestPlot.ts';
import { rocFigure } from './rocFigure.ts';

const FIGURES = [
  ['auc', 'AUC of every arm', armsFigure, 'compared'],
  ['gains', 'Gain in AUC over real nodules only', gainsFigure, 'arms'],
  ['calibration', 'Predicted and observed share of malignant nodules', calibrationFigure, 'compared'],
  ['roc', 'Mean ROC curves', rocFigure, null],
  ['shortcut', 'Synthetic benign taken for more malignant than real benign', shortcutFigure, 'arms'],
] as const;

/** @returns for example `auc-held-out-median.svg`; figures with nothing to draw are left out */
export const figureFiles = ({ designs }: ClassificationResult): { name: string; svg: string }[] =>
  designs.flatMap((design) =>
    FIGURES.flatMap(([name, title, draw, withLegend]) => {
      const shown = design.arms.filter(withLegend === 'arms' ? isArm : isCompared);
      const legend = withLegend === null ? undefined : legendSvg(shown.map(groupOf));
      const svg = standalone(draw(design), `${shortTitle(design)}: ${title}`, legend);
      return svg === '' ? [] : [{ name: `${idOf(name, design.name, design.rule)}.svg`, svg }];
    }),
  );

export const designTitle = (design: ClassificationResult['designs'][number]): string =>
  `${capital(designWords(design))}: ${ruleWords(design.rule)}`;
