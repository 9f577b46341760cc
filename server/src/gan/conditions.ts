/**
 * What a conditional generator can be asked for: size and six characteristics of the LIDC form, and how they become the
 * numbers that the networks read.
 */
import { z } from 'zod';
import { characteristicsSchema, type PatchEntry } from '../dataset/manifest.ts';

export const CONDITION_NAMES = [
  'diameter',
  'malignancy',
  'texture',
  'spiculation',
  'lobulation',
  'sphericity',
  'margin',
] as const;
export const conditionNameSchema = z.enum(CONDITION_NAMES);
export type ConditionName = (typeof CONDITION_NAMES)[number];

/** Diameter in mm (largest in the plane), characteristics in points of the LIDC form. */
export type Conditions = Readonly<Record<ConditionName, number>>;

/** The least and the most that can be asked for: of the diameter in mm, of the others in points. */
export const CONDITION_RANGES: Readonly<Record<ConditionName, readonly [number, number]>> = {
  diameter: [3, 40],
  malignancy: [1, 5],
  texture: [1, 5],
  spiculation: [1, 5],
  lobulation: [1, 5],
  sphericity: [1, 5],
  margin: [1, 5],
};

const between = (name: ConditionName): z.ZodNumber =>
  z.number().min(CONDITION_RANGES[name][0]).max(CONDITION_RANGES[name][1]);

export const conditionsSchema = z.object({
  diameter: between('diameter'),
  malignancy: between('malignancy'),
  texture: between('texture'),
  spiculation: between('spiculation'),
  lobulation: between('lobulation'),
  sphericity: between('sphericity'),
  margin: between('margin'),
});

const ratings = characteristicsSchema.pick({
  malignancy: true,
  texture: true,
  spiculation: true,
  lobulation: true,
  sphericity: true,
  margin: true,
});

/** The middle of the diameters, on their logarithmic scale, mm. */
export const MIDDLE_MM = 12;

/** The number that the networks read, about −1.3 to 1.7 for the diameter and −1 to 1 for the others. */
export const encodeCondition = (name: ConditionName, value: number): number =>
  name === 'diameter' ? Math.log2(value / MIDDLE_MM) : (value - 3) / 2;

/** The numbers of several conditions, in the order of `names`. */
export const encodeConditions = (names: readonly ConditionName[], conditions: Conditions): Float32Array =>
  Float32Array.from(names, (name) => encodeCondition(name, conditions[name]));

/** What a real nodule would have had to be asked for as; undefined where the source rates nothing. */
export function conditionsOf(patch: PatchEntry): Conditions | undefined {
  if (patch.origin !== 'real' || patch.characteristics === null) return undefined;
  const [low, high] = CONDITION_RANGES.diameter;
  const diameter = Math.min(high, Math.max(low, patch.diameterMm));
  return { diameter, ...ratings.parse(patch.characteristics) };
}
