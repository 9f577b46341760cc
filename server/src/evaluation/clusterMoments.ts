/**
 * Sums of a sample by cluster, from which the mean and covariance of any draw of whole clusters are put together without
 * going back to the rows.
 */
import type { Sample } from './sample.ts';
import { rowsByCluster } from './sample.ts';

export interface Moments {
  readonly mean: Float64Array;
  /** Lower triangle of a full dimension × dimension matrix, divided by n − 1; above the diagonal zeros. */
  readonly covariance: Float64Array;
}

export interface ClusterMoments {
  readonly dimension: number;
  readonly clusters: number;
  /** Of each cluster: number of rows, sums of the features, sums of their products (lower triangle by rows). */
  readonly sums: Float64Array;
  readonly stride: number;
  /** Taken from every row beforehand, so that sums of squares keep their digits. */
  readonly origin: Float64Array;
}

/** @param origin near the mean of the sample */
export function clusterMoments({ rows, clusters }: Sample, origin: Float64Array): ClusterMoments {
  const { dimension, values } = rows;
  const members = rowsByCluster(clusters);
  const stride = 1 + dimension + (dimension * (dimension + 1)) / 2;
  const sums = new Float64Array(members.length * stride);
  const row = new Float64Array(dimension);
  members.forEach((indices, cluster) => {
    const start = cluster * stride;
    for (const index of indices) {
      for (let k = 0; k < dimension; k++) row[k] = values[index * dimension + k]! - origin[k]!;
      sums[start]!++;
      let at = start + 1;
      for (let k = 0; k < dimension; k++, at++) sums[at]! += row[k]!;
      for (let i = 0; i < dimension; i++) {
        const value = row[i]!;
        for (let j = 0; j <= i; j++, at++) sums[at]! += value * row[j]!;
      }
    }
  });
  return { dimension, clusters: members.length, sums, stride, origin };
}

/** Moments of the draw in which cluster `i` comes `times[i]` times. */
export function momentsOf(
  { dimension, clusters, sums, stride, origin }: ClusterMoments,
  times: Uint16Array,
): Moments {
  const total = new Float64Array(stride);
  for (let cluster = 0; cluster < clusters; cluster++) {
    const weight = times[cluster]!;
    if (weight === 0) continue;
    for (let k = 0, at = cluster * stride; k < stride; k++, at++) total[k]! += weight * sums[at]!;
  }
  const count = total[0]!;
  const mean = new Float64Array(dimension);
  for (let k = 0; k < dimension; k++) mean[k] = total[1 + k]! / count;
  const covariance = new Float64Array(dimension * dimension);
  for (let i = 0, at = 1 + dimension; i < dimension; i++)
    for (let j = 0; j <= i; j++, at++)
      covariance[i * dimension + j] = (total[at]! - count * mean[i]! * mean[j]!) / (count - 1);
  for (let k = 0; k < dimension; k++) mean[k]! += origin[k]!;
  return { mean, covariance };
}
