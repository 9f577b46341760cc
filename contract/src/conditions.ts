import { z } from 'zod';

/** What a conditional generator can be asked for: the diameter in mm, the others in points of the LIDC form. */
export const ConditionName = z.enum([
  'diameter',
  'malignancy',
  'texture',
  'spiculation',
  'lobulation',
  'sphericity',
  'margin',
]);
export type ConditionName = z.infer<typeof ConditionName>;

const points = z.number().min(1).max(5);
const conditionFields = {
  diameter: z.number().min(3).max(40).describe('mm'),
  ...{ malignancy: points, texture: points, spiculation: points },
  ...{ lobulation: points, sphericity: points, margin: points },
};
/** What a candidate was asked to be, in full. */
export const Conditions = z.object(conditionFields).meta({ id: 'Conditions' });
export type Conditions = z.infer<typeof Conditions>;
/** What is wanted of candidates; what is left out is drawn from the model's training nodules. */
export const WantedConditions = z.strictObject(conditionFields).partial().meta({ id: 'WantedConditions' });
export type WantedConditions = z.infer<typeof WantedConditions>;
