/** The figures of memorisation, in words. */
import type { Estimate, Figure } from '../result.ts';

export type MemorySpace = 'pixels' | 'features';

export interface Measured {
  readonly measured: Estimate;
  readonly floor: Estimate;
  /** Where the value lies in 95 of 100 relabellings. */
  readonly byChance?: readonly [number, number];
}

const WHERE: Readonly<Record<MemorySpace, string>> = {
  pixels:
    'Euclidean distance of patches averaged to 16³ about the middle of the nodule, in the nearest of 48 flips and turns',
  features: 'Euclidean distance of standardised features of the attribute network',
};

interface Numbers {
  readonly real: number;
  readonly synthetic: number;
}

/** @param found what was measured, or why nothing was */
export function memorisationFigure(space: MemorySpace, n: Numbers, found: Measured | string): Figure {
  const chance =
    typeof found === 'string' || found.byChance === undefined
      ? ''
      : ` By chance it would lie between ${found.byChance.map((value) => value.toFixed(3)).join(' and ')}.`;
  return figure(`memorisation/${space}`, n, found, {
    title: `Distance to the nearest training nodule, ${space}`,
    definition: `Mean distance from a synthetic patch to the nearest training nodule, over what it would be if training and held-out patients were relabelled at random (after Meehan et al. 2020): 1 where nothing was memorised, 0 for copies; ${WHERE[space]}. Floor: held-out nodules, their own patient left out.${chance}`,
    unit: '1',
    better: 'higher',
  });
}

export function copiesFigure(space: MemorySpace, n: Numbers, found: Measured | string): Figure {
  return figure(`copies/${space}`, n, found, {
    title: `Share that lies suspiciously near a training nodule, ${space}`,
    definition: `Share of synthetic patches whose distance to the nearest training nodule, over the one expected by relabelling, is smaller than for all but 1 % of the held-out nodules (of fewer than 100: than for any); ${WHERE[space]}.`,
    unit: 'share',
    better: 'lower',
  });
}

export function duplicatesFigure(n: Numbers, found: Measured | string): Figure {
  return figure('duplicates/pixels', n, found, {
    title: 'Distance to the nearest other patch of the same set',
    definition: `Mean distance from a synthetic patch to the nearest other synthetic one, over the same among real nodules of different patients at the same number: 1 where they differ as real ones do, 0 where one patch comes again and again; ${WHERE.pixels}.`,
    unit: '1',
    better: 'near floor',
  });
}

function figure(
  key: string,
  n: Numbers,
  found: Measured | string,
  words: Pick<Figure, 'title' | 'definition' | 'unit' | 'better'>,
): Figure {
  const none = typeof found === 'string';
  return {
    ...{ key, ...words, space: null, view: null, bad: null, n: { ...n } },
    measured: none ? null : found.measured,
    floor: none ? null : found.floor,
    notComputed: none ? found : null,
  };
}
