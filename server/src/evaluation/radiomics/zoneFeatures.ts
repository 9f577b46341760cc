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

/** Counts of pieces by level and extent. */
export class ZoneCounts {
  /** One map for each level, from extent to count. */
  readonly #byLevel: Map<number, number>[] = [];

  add(level: number, extent: number): void {
    const counts = (this.#byLevel[level] ??= new Map<number, number>());
    counts.set(extent, (counts.get(extent) ?? 0) + 1);
  }

  /** Of `level` and `extent`. */
  count(level: number, extent: number): number {
    return this.#byLevel[level]?.get(extent) ?? 0;
  }

  /** @param most how many pieces there would be if each were one voxel */
  features(most: number): ZoneFeatures {
    let [pieces, levelMean, extentMean] = [0, 0, 0];
    const byExtent = new Map<number, number>();
    let nonUniformity = 0;
    this.#byLevel.forEach((counts, level) => {
      let ofLevel = 0;
      for (const [extent, count] of counts) {
        ofLevel += count;
        extentMean += extent * count;
        byExtent.set(extent, (byExtent.get(extent) ?? 0) + count);
      }
      pieces += ofLevel;
      levelMean += level * ofLevel;
      nonUniformity += ofLevel * ofLevel;
    });
    levelMean /= pieces;
    extentMean /= pieces;
    let extentNonUniformity = 0;
    for (const count of byExtent.values()) extentNonUniformity += count * count;
    let [small, large, low, high, smallLow, smallHigh, largeLow, largeHigh] = [0, 0, 0, 0, 0, 0, 0, 0];
    let [levelVariance, extentVariance, entropy] = [0, 0, 0];
    this.#byLevel.forEach((counts, level) => {
      const i2 = level * level;
      for (const [extent, count] of counts) {
        const p = count / pieces;
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
    });
    return {
      smallEmphasis: small,
      largeEmphasis: large,
      lowGreyLevelEmphasis: low,
      highGreyLevelEmphasis: high,
      smallLowGreyLevelEmphasis: smallLow,
      smallHighGreyLevelEmphasis: smallHigh,
      largeLowGreyLevelEmphasis: largeLow,
      largeHighGreyLevelEmphasis: largeHigh,
      greyLevelNonUniformity: nonUniformity / pieces,
      normalisedGreyLevelNonUniformity: nonUniformity / pieces ** 2,
      extentNonUniformity: extentNonUniformity / pieces,
      normalisedExtentNonUniformity: extentNonUniformity / pieces ** 2,
      percentage: pieces / most,
      greyLevelVariance: levelVariance,
      extentVariance,
      entropy,
    };
  }
}
