/** The figures of a design, each as one SVG: for the page, and by `standalone` as files of their own. */
import type { ArmFigures, DesignResult } from '../result.ts';
import { baselinesOf, designWords, groupOf, isArm, isCompared, ruleWords } from './armKinds.ts';
import { aucText, differenceText, pText, decisiveP } from './figureText.ts';
import { forestPlot } from './forestPlot.ts';

export const GUESSING = 0.5;

const where = (design: DesignResult): string => `${designWords(design)}, labels by ${ruleWords(design.rule)}`;

/** AUC of every baseline and arm, mean over seeds, with the baselines as lines through all rows. */
export const armsFigure = (design: DesignResult): string =>
  forestPlot({
    description: `AUC of every arm, mean over seeds, with the baselines as dashed lines: ${where(design)}`,
    rows: design.arms.filter(isCompared).map((arm) => ({
      label: arm.title,
      group: groupOf(arm),
      estimate: arm.auc.mean,
      dots: arm.auc.seeds,
      text: aucText(arm.auc.mean),
    })),
    references: baselinesOf(design).map(({ title, auc }) => ({ value: auc.mean.value, text: title })),
    limits: [0, 1],
  });

/** What every arm gains over real nodules only. */
export const gainsFigure = (design: DesignResult): string =>
  forestPlot({
    description: `Gain in AUC over real nodules only, every arm: ${where(design)}`,
    rows: design.arms.filter(isArm).flatMap((arm) =>
      arm.overReal === null
        ? []
        : [
            {
              label: arm.title,
              group: groupOf(arm),
              estimate: arm.overReal,
              text: `${differenceText(arm.overReal)}, p ${pText(decisiveP(arm.overReal))}`,
            },
          ],
    ),
    references: [{ value: 0, text: 'real nodules only' }],
  });

/** How often synthetic benign nodules are taken for malignant rather than real benign ones. */
export const shortcutFigure = (design: DesignResult): string =>
  forestPlot({
    description: `Chance that a synthetic benign nodule is thought more malignant than a real benign one: ${where(design)}`,
    rows: design.arms.filter(isArm).flatMap((arm: ArmFigures) =>
      arm.shortcut === null
        ? []
        : [
            {
              label: arm.title,
              group: groupOf(arm),
              estimate: arm.shortcut.auc,
              text: aucText(arm.shortcut.auc),
            },
          ],
    ),
    references: [{ value: GUESSING, text: 'no shortcut' }],
    limits: [0, 1],
  });
