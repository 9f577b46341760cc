/** What a model can be asked for, and how many of its training nodules were like that, value by value. */
import type { Condition } from '@nodulelab/contract';
import { CONDITION_RANGES, type ConditionName } from '../gan/conditions.ts';
import { conditionsOfCard, type ModelCard } from '../gan/modelCard.ts';

/** Borders of the bins in which training nodules are counted: by the size groups of follow-up guidelines, and by point. */
const DIAMETER_BINS = [3, 6, 8, 10, 15, 20, 30, 40];
const POINT_BINS = [1, 1.5, 2.5, 3.5, 4.5, 5];

/** Empty for an unconditional generator. */
export function describeConditions(card: ModelCard): Condition[] {
  const rows = ('graph' in card ? undefined : card.trainingConditions) ?? [];
  return conditionsOfCard(card).map((name) => {
    const [low, high] = CONDITION_RANGES[name];
    const values = rows.map((row) => row[name]);
    return { name, unit: name === 'diameter' ? 'mm' : 'points', low, high, trained: counted(name, values) };
  });
}

function counted(name: ConditionName, values: readonly number[]): Condition['trained'] {
  const borders = name === 'diameter' ? DIAMETER_BINS : POINT_BINS;
  return borders.slice(1).map((to, i) => {
    const from = borders[i]!;
    const last = i === borders.length - 2;
    const within = (value: number): boolean => value >= from && (value < to || (last && value === to));
    return { from, to, nodules: values.filter(within).length };
  });
}
