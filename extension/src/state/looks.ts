/** How a preview is looked at. */

/** `whole` is the preview as it would be written. */
export type Look = 'whole' | 'swipe' | 'difference';

export const LOOK_WORDS: Readonly<Record<Look, readonly [short: string, long: string]>> = {
  whole: ['Preview', 'The CT as it would be written'],
  swipe: ['Swipe', 'The original on one side of a line, the preview on the other'],
  difference: ['Difference', 'Preview less original about a middle grey, where something changes'],
};

/** Windows as readers name them: width and level, HU. */
export const WINDOWS = {
  lung: { name: 'Lung', width: 1500, level: -600 },
  mediastinum: { name: 'Soft', width: 400, level: 40 },
} as const;
export type WindowName = keyof typeof WINDOWS;
