/** The nearest nodule of a model's training set. */
export { createNearestTraining, NEAREST_TRAINING_THRESHOLDS } from './nearestTraining.ts';
export type { NearestTraining, NearestTrainingOptions } from './nearestTraining.ts';
