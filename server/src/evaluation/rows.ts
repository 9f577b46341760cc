/** Feature vectors of a set, one row a sample, all of the same length. */
export interface Rows {
  readonly count: number;
  readonly dimension: number;
  /** Row-major, count × dimension. */
  readonly values: Float64Array;
}
