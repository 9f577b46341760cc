/** Reliability of the probabilities, a small panel for each arm: what was predicted against what came true. */
import { fixed } from '../../../gan/report/axis.ts';
import { escapeHtml } from '../../../gan/report/html.ts';
import type { ArmFigures, DesignResult } from '../result.ts';
import { designWords, groupOf, isCompared, ruleWords } from './armKinds.ts';
import { decimals, three } from './figureText.ts';
import { linesOf } from './nameLines.ts';

const COLUMNS = 4;
const PANEL = 155;
const HEIGHT = 208;
const SIDE = 122;
const LEFT = 24;
const TOP = 56;
/** Letters of a line of a panel's name. */
const LETTERS = 21;
const LINES = 2;
const LINE = 14;
const { ceil, floor, max, sqrt } = Math;

/** @returns SVG with four panels a row */
export function calibrationFigure(design: DesignResult): string {
  const arms = design.arms.filter(isCompared);
  if (arms.length === 0) return '';
  const panels = arms.map(
    (arm, at) =>
      `<g transform="translate(${(at % COLUMNS) * PANEL} ${floor(at / COLUMNS) * HEIGHT})">${panel(arm)}</g>`,
  );
  const description = `Predicted against observed share of malignant nodules, a panel for each arm: ${designWords(design)}, labels by ${ruleWords(design.rule)}`;
  return `<svg class="multiples" viewBox="0 0 ${COLUMNS * PANEL} ${ceil(arms.length / COLUMNS) * HEIGHT}" role="img" aria-label="${escapeHtml(description)}">${panels.join('')}</svg>`;
}

function panel(arm: ArmFigures): string {
  const { bins, brier, slope } = arm.calibration;
  const lines = linesOf(arm.title, LETTERS, LINES);
  const x = (share: number): string => fixed(LEFT + share * SIDE);
  const y = (share: number): string => fixed(TOP + (1 - share) * SIDE);
  const most = max(1, ...bins.map(({ count }) => count));
  const path = bins.map(
    ({ predicted, observed }, at) => `${at === 0 ? 'M' : 'L'}${x(predicted)} ${y(observed)}`,
  );
  const dots = bins.map(
    ({ predicted, observed, count }) =>
      `<circle cx="${x(predicted)}" cy="${y(observed)}" r="${fixed(1.5 + 2 * sqrt(count / most))}"/>`,
  );
  const axes = [0, 0.5, 1].flatMap((share) => [
    `<line class="grid" x1="${x(share)}" x2="${x(share)}" y1="${y(0)}" y2="${y(1)}"/>`,
    `<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(share)}" y2="${y(share)}"/>`,
    `<text x="${x(share)}" y="${TOP + SIDE + 14}" text-anchor="middle">${share}</text>`,
    `<text x="${LEFT - 4}" y="${fixed(Number(y(share)) + 4)}" text-anchor="end">${share === 0 ? '' : share}</text>`,
  ]);
  return (
    lines
      .map((line, at) => `<text class="name" x="0" y="${14 + LINE * at}">${escapeHtml(line)}</text>`)
      .join('') +
    `<text x="0" y="${14 + LINE * lines.length}">Brier ${three(brier.value)}${slope === null ? '' : `, slope ${decimals(slope, 2)}`}</text>${axes.join('')}` +
    `<line class="ideal" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>` +
    `<g class="group ${groupOf(arm)}"><path class="bins" d="${path.join('')}"/>${dots.join('')}</g>`
  );
}
