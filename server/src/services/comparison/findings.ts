/**
 * What a table says in words. Two rules matter: an arm that does better than transplanted real nodules shows a measure
 * that can be gamed (or too few places), not an arm that is more than real; and a classifier that misses the ellipsoids
 * proves nothing.
 */
import { SPOTTING_PROOF } from '../../evaluation/spotting/spotFakes.ts';
import { ARM_TEXT, ARMS, type Arm } from './arms.ts';
import { cellText, shown, type Cell, type TableRow } from './comparisonTable.ts';

const CEILING: Arm = 'transplanted';

export function findingsOf(rows: readonly TableRow[]): string[] {
  return [...ourStanding(rows), ...blindTo(rows), ...proofs(rows), ...beyondCeiling(rows)];
}

/** Against ellipsoids and cut-and-mix, measure by measure where the intervals do not meet. */
function ourStanding(rows: readonly TableRow[]): string[] {
  return (['ellipsoids', 'cut-and-mix'] as const).map((other) => {
    const comparable = rows.filter(
      ({ better, brackets, cells }) =>
        (better === 'lower' || better === 'higher') &&
        brackets === 'interval' &&
        cells.ours !== null &&
        cells[other] !== null,
    );
    const sure = (a: Arm, b: Arm): string[] =>
      comparable.filter(({ better, cells }) => apart(cells[a]!, cells[b]!, better)).map(({ title }) => title);
    const ahead = sure('ours', other);
    const behind = sure(other, 'ours');
    const against = ARM_TEXT[other].title.toLowerCase();
    if (comparable.length === 0) return `Ours and ${against} could not be compared.`;
    return (
      `Ours against ${against}: of ${comparable.length} measures with intervals ours is nearer to real nodules in ${ahead.length}` +
      `${listed(ahead)} and further in ${behind.length}${listed(behind)}; in the others the intervals meet.`
    );
  });
}

const listed = (titles: readonly string[]): string => (titles.length === 0 ? '' : ` (${titles.join('; ')})`);

/** Whether the first is better and the intervals do not meet. */
function apart(a: Cell, b: Cell, better: TableRow['better']): boolean {
  if (a.low === null || a.high === null || b.low === null || b.high === null) return false;
  return better === 'lower' ? a.high < b.low : a.low > b.high;
}

/** What cannot tell the plainest lesion from a real one says nothing about how real another one is. */
function blindTo(rows: readonly TableRow[]): string[] {
  const ofRow = (key: string, say: (ellipsoids: string, real: string) => string): string[] => {
    const row = rows.find((one) => one.key === key);
    const ellipsoids = row?.cells.ellipsoids ?? null;
    const real = row?.cells[CEILING] ?? null;
    if (ellipsoids === null || real === null || ellipsoids.value < (real.low ?? real.value)) return [];
    return [say(shown(ellipsoids.value), shown(real.value))];
  };
  return [
    ...ofRow(
      'checks/passed',
      (ellipsoids, real) =>
        `The quality checks pass ${ellipsoids} % of the ellipsoids and ${real} % of the transplanted nodules: they watch the insertion, not whether the lesion looks real.`,
    ),
    ...ofRow(
      'detector/mean',
      (ellipsoids, real) =>
        `The detector is as sure of ellipsoids (${ellipsoids}) as of transplanted nodules (${real}): it says that something like a nodule is there, not that it looks real.`,
    ),
  ];
}

function proofs(rows: readonly TableRow[]): string[] {
  return rows.flatMap(({ key, title, cells }) => {
    if (!key.startsWith('spotting/') || cells.ellipsoids === null) return [];
    return cells.ellipsoids.value >= SPOTTING_PROOF
      ? []
      : [
          `${title}: it catches the ellipsoids at ${shown(cells.ellipsoids.value)} only, below ${SPOTTING_PROOF}, so a low AUC of another arm proves nothing.`,
        ];
  });
}

function beyondCeiling(rows: readonly TableRow[]): string[] {
  return rows.flatMap(({ title, better, cells, brackets }) => {
    const ceiling = cells[CEILING];
    if (ceiling === null || (better !== 'lower' && better !== 'higher')) return [];
    const beats = ARMS.filter((arm) => {
      const cell = cells[arm];
      if (arm === CEILING || cell === null) return false;
      if (brackets === 'interval' && cell.low !== null && ceiling.low !== null)
        return apart(cell, ceiling, better);
      return better === 'lower' ? cell.value < ceiling.value : cell.value > ceiling.value;
    });
    return beats.map(
      (arm) =>
        `${title}: ${ARM_TEXT[arm].title.toLowerCase()} (${cellText(cells[arm])}) comes out better than real nodules transplanted in the same way (${cellText(ceiling)}). ` +
        'Nothing is more real than real: the measure can be gamed, and says little by itself.',
    );
  });
}
