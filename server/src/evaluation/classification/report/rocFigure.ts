/** Mean ROC curves of a design: the few that the question is about in colour, all others faint behind them. */
import { fixed } from '../../../gan/report/axis.ts';
import { escapeHtml } from '../../../gan/report/html.ts';
import type { ArmFigures, DesignResult } from '../result.ts';
import { baselinesOf, claimedArm, designWords, isCompared, realOnly, ruleWords } from './armKinds.ts';

const SIDE = 420;
const AXIS = 42;
const INSET = 8;
const LINE = 16;
const SAMPLE = 22;

/** At most four, in the order of their colours. */
function shownOf(design: DesignResult): ArmFigures[] {
  const arms = [realOnly(design), claimedArm(design)].filter((arm) => arm !== undefined);
  return [...arms, ...baselinesOf(design)];
}

/** @returns SVG of 420 units' width; the names of the curves stand in it, below right */
export function rocFigure(design: DesignResult): string {
  const shown = shownOf(design);
  const behind = design.arms.filter((arm) => isCompared(arm) && !shown.includes(arm));
  const side = SIDE - AXIS - INSET;
  const x = (share: number): string => fixed(AXIS + share * side);
  const y = (share: number): string => fixed(INSET + (1 - share) * side);
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    `<line class="grid" x1="${x(share)}" x2="${x(share)}" y1="${y(0)}" y2="${y(1)}"/>`,
    `<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(share)}" y2="${y(share)}"/>`,
    `<text x="${x(share)}" y="${SIDE - AXIS + 15}" text-anchor="middle">${share}</text>`,
    `<text x="${AXIS - 5}" y="${fixed(Number(y(share)) + 4)}" text-anchor="end">${share}</text>`,
  ]);
  const curve = ({ roc }: ArmFigures, look: string): string =>
    `<polyline class="${look}" points="${roc.map(([u, v]) => `${x(u)},${y(v)}`).join(' ')}"/>`;
  const keys = [
    ...shown.map(({ title }, at) => ({ title, look: `curve curve-${at}` })),
    ...(behind.length === 0 ? [] : [{ title: 'all others', look: 'curve others' }]),
  ];
  const legend = keys.map(({ title, look }, at) => {
    const line = SIDE - AXIS - 12 - LINE * (keys.length - 1 - at);
    const right = SIDE - INSET - 8;
    return (
      `<line class="${look}" x1="${right - SAMPLE}" x2="${right}" y1="${line - 4}" y2="${line - 4}"/>` +
      `<text class="name" x="${right - SAMPLE - 6}" y="${line}" text-anchor="end">${escapeHtml(title)}</text>`
    );
  });
  const description = `Mean ROC curves: ${designWords(design)}, labels by ${ruleWords(design.rule)}`;
  return (
    `<svg class="square" viewBox="0 0 ${SIDE} ${SIDE}" role="img" aria-label="${escapeHtml(description)}">${grid.join('')}` +
    `<line class="ideal" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>` +
    behind.map((arm) => curve(arm, 'curve others')).join('') +
    shown
      .map((arm, at) => curve(arm, `curve curve-${at}`))
      .toReversed()
      .join('') +
    legend.join('') +
    `<text x="${x(0.5)}" y="${SIDE - 5}" text-anchor="middle">benign nodules called malignant</text>` +
    `<text transform="translate(9 ${y(0.5)}) rotate(-90)" text-anchor="middle">malignant nodules found</text></svg>`
  );
}
