/**
 * What the document that the project began with claims of Stage 2, and what its own numbers say of how it was measured.
 * It states neither an interval nor how many nodules were tested.
 */
export const CLAIM = {
  accuracy: [0.842, 0.924],
  sensitivity: [0.713, 0.941],
  specificity: [0.887, 0.907],
  auc: [0.87, 0.96],
} as const satisfies Readonly<Record<string, readonly [before: number, after: number]>>;

export type ClaimedFigure = keyof typeof CLAIM;
export const CLAIMED_GAIN = CLAIM.auc[1] - CLAIM.auc[0];
/** Its figures are rounded to a tenth of a percent. */
const ROUNDING = 0.0005;

/**
 * The share of malignant nodules among those tested at which accuracy, sensitivity and specificity agree:
 * accuracy = share × sensitivity + (1 − share) × specificity. The range is what rounding leaves open.
 */
export function impliedShare(when: 'before' | 'after'): { value: number; low: number; high: number } {
  const at = when === 'before' ? 0 : 1;
  const [accuracy, sensitivity, specificity] = [
    CLAIM.accuracy[at],
    CLAIM.sensitivity[at],
    CLAIM.specificity[at],
  ];
  const share = (a: number, s: number, c: number): number => (a - c) / (s - c);
  const signs = [-ROUNDING, ROUNDING];
  const corners = signs.flatMap((a) =>
    signs.flatMap((s) => signs.map((c) => share(accuracy + a, sensitivity + s, specificity + c))),
  );
  return {
    value: share(accuracy, sensitivity, specificity),
    low: Math.min(...corners),
    high: Math.max(...corners),
  };
}
