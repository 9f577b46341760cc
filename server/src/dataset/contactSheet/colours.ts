/** Colours of a contact sheet. Told apart by people with red-green blindness too (S. Okabe, K. Ito, 2008), on dark. */
import type { PatchEntry } from '../manifest.ts';

export type Rgb = readonly [number, number, number];

export const CLASS_COLOURS: Readonly<Record<PatchEntry['class'], Rgb>> = {
  malignant: [230, 159, 0],
  benign: [86, 180, 233],
  indeterminate: [170, 176, 184],
};

/** Of nothing else on the sheet: nobody takes a synthetic nodule for a real one. */
export const SYNTHETIC_COLOUR: Rgb = [255, 64, 216];

export const css = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;
