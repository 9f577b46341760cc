/** A generator by a formula, as sets of patches ask for one. */
import type { ConditionName, Conditions } from '../../server/src/gan/conditions.ts';
import type { WantedConditions } from '../../server/src/gan/support.ts';
import type { BalanceModel } from '../../server/src/services/balance/balanceModel.ts';

/** What a nodule is of which nothing else is wanted. */
export const USUAL: Conditions = {
  ...{ diameter: 10, malignancy: 3, texture: 5, spiculation: 1 },
  ...{ lobulation: 1, sphericity: 4, margin: 4 },
};

/** Unconditional, or with these conditions. */
export const drawing = (
  sample: (seed: number, index: number, wanted: WantedConditions) => Float32Array,
  conditionNames: readonly ConditionName[] = [],
): Pick<BalanceModel, 'conditionNames' | 'makesAlpha' | 'draw'> => ({
  conditionNames,
  makesAlpha: false,
  draw: async (seed, index, wanted) => ({
    hu: sample(seed, index, wanted),
    alpha: undefined,
    conditions: conditionNames.length === 0 ? undefined : ({ ...USUAL, ...wanted } as Conditions),
  }),
});
