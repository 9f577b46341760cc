/**
 * The sixteen features that IBSI computes from run length and from size zone matrices alike (sections 3.7 and 3.8): of
 * pieces of one grey level, each with an extent (length of a run, voxels of a zone).
 */
const { log2 } = Math;

export interface ZoneFeatures {
  readonly smallEmphasis: number;
  readonly largeEmphasis: number;
  readonly lowGreyLevelEmphasis: number;
  readonly highGreyLevelEmphasis: number;
  readonly smallLowGreyLevelEmphasis: number;
  readonly smallHighGreyLevelEmphasis: number;
  readonly largeLowGreyLevelEmphasis: number;
  readonly largeHighGreyLevelEmphasis: number;
  readonly greyLevelNonUniformity: number;
  readonly normalisedGreyLevelNonUniformity: number;
  readonly extentNonUniformity: number;
  readonly normalisedExtentNonUniformity: number;
  /** Pieces / the most that there could be. */
  readonly percentage: number;
  readonly greyLevelVariance: number;
  readonly extentVariance: number;
  /** In bits. */
  readonly entropy: number;
}

/** How many pieces of one level and extent there are. */
export interface Pieces {
  readonly level: number;
  readonly extent: number;
  readonly count: number;
}

/**
 * @param matrix each pair of level and extent once, with a count above 0; at least one
 * @param most how many pieces there would be if each were one voxel
 */
export function zoneFeatures(matrix: readonly Pieces[], most: number): ZoneFeatures {
  let [pieces, levelMean, extentMean] = [0, 0, 0];
  const byLevel = new Map<number, number>();
  const byExtent = new Map<number, number>();
  for (const { level, extent, count } of matrix) {
    pieces += count;
    levelMean += level * count;
    extentMean += extent * count;
    byLevel.set(level, (byLevel.get(level) ?? 0) + count);
    byExtent.set(extent, (byExtent.get(extent) ?? 0) + count);
  }
  levelMean /= pieces;
  extentMean /= pieces;
  let [small, large, low, high, smallLow, smallHigh, largeLow, largeHigh] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [levelVariance, extentVariance, entropy] = [0, 0, 0];
  for (const { level, extent, count } of matrix) {
    const p = count / pieces;
    const i2 = level * level;
    const e2 = extent * extent;
    small += p / e2;
    large += p * e2;
    low += p / i2;
    high += p * i2;
    smallLow += p / (i2 * e2);
    smallHigh += (p * i2) / e2;
    largeLow += (p * e2) / i2;
    largeHigh += p * e2 * i2;
    levelVariance += p * (level - levelMean) ** 2;
    extentVariance += p * (extent - extentMean) ** 2;
    entropy -= p * log2(p);
  }
  const levels = sumOfSquares(byLevel) / pieces;
  const extents = sumOfSquares(byExtent) / pieces;
  return {
    smallEmphasis: small,
    largeEmphasis: large,
    lowGreyLevelEmphasis: low,
    highGreyLevelEmphasis: high,
    smallLowGreyLevelEmphasis: smallLow,
    smallHighGreyLevelEmphasis: smallHigh,
    largeLowGreyLevelEmphasis: largeLow,
    largeHighGreyLevelEmphasis: largeHigh,
    greyLevelNonUniformity: levels,
    normalisedGreyLevelNonUniformity: levels / pieces,
    extentNonUniformity: extents,
    normalisedExtentNonUniformity: extents / pieces,
    percentage: pieces / most,
    greyLevelVariance: levelVariance,
    extentVariance,
    entropy,
  };
}

function sumOfSquares(counts: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count * count;
  return sum;
}
