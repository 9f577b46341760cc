/** The figures of an experiment as files for the documents. */
import type { ClassificationResult } from '../result.ts';
import { calibrationFigure } from './calibrationFigure.ts';
import { capital, designWords, idOf, ruleWords } from './armKinds.ts';
import { standalone } from './classificationStyle.ts';
import { armsFigure, gainsFigure, shortcutFigure } from './designFigures.ts';
import { rocFigure } from './rocFigure.ts';

const FIGURES = [
  ['auc', 'AUC of every arm', armsFigure],
  ['gains', 'Gain in AUC over real nodules only', gainsFigure],
  ['calibration', 'Predicted and observed share of malignant nodules', calibrationFigure],
  ['roc', 'Mean ROC curves', rocFigure],
  ['shortcut', 'Synthetic benign taken for more malignant than real benign', shortcutFigure],
] as const;

/** @returns for example `auc-held-out-median.svg`; figures with nothing to draw are left out */
export const figureFiles = ({ designs }: ClassificationResult): { name: string; svg: string }[] =>
  designs.flatMap((design) =>
    FIGURES.flatMap(([name, title, draw]) => {
      const svg = standalone(draw(design), `${title}: ${ruleWords(design.rule)}`);
      return svg === '' ? [] : [{ name: `${idOf(name, design.name, design.rule)}.svg`, svg }];
    }),
  );

export const designTitle = (design: ClassificationResult['designs'][number]): string =>
  `${capital(designWords(design))}: ${ruleWords(design.rule)}`;
