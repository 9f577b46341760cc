/**
 * Every radiomic feature against the reference values of IBSI for its digital phantom (A. Zwanenburg et al., The Image
 * Biomarker Standardisation Initiative, arXiv 1612.07003; tables of sections 3.1 to 3.8 and of the appendix on texture
 * matrices). Shape has IBSI's own tolerances; all else has to agree in the three digits that are given.
 */
import { describe, expect, test } from '@jest/globals';
import { cooccurrence, cooccurrenceMatrix } from '../../../server/src/evaluation/radiomics/cooccurrence.ts';
import { firstOrder } from '../../../server/src/evaluation/radiomics/firstOrder.ts';
import { greyLevels, histogram } from '../../../server/src/evaluation/radiomics/greyLevels.ts';
import { runLengths } from '../../../server/src/evaluation/radiomics/runLengths.ts';
import { shapeOf } from '../../../server/src/evaluation/radiomics/shape.ts';
import { sizeZoneMatrix, sizeZones } from '../../../server/src/evaluation/radiomics/sizeZones.ts';
import type { ZoneFeatures } from '../../../server/src/evaluation/radiomics/zoneFeatures.ts';
import { IBSI_SPACING_MM, ibsiPhantom } from '../../support/ibsiPhantom.ts';

const phantom = ibsiPhantom();
const grey = greyLevels(phantom, { from: 1, width: 1 });

/** Each feature that is computed has to have a reference value, and the other way round. */
function agreeInThreeDigits(of: object, reference: Record<string, number>): void {
  const computed: Record<string, number> = { ...of };
  expect(Object.keys(computed).sort()).toEqual(Object.keys(reference).sort());
  const rounded = Object.entries(computed).map(([name, value]) => [
    name,
    Math.abs(value) < 1e-12 ? 0 : Number(value.toPrecision(3)),
  ]);
  expect(Object.fromEntries(rounded)).toEqual(reference);
}

test('the phantom has the 74 voxels and the sum of levels of the manual', () => {
  expect(phantom.voxels.length).toBe(74);
  expect(phantom.intensity.reduce((sum, level) => sum + level, 0)).toBe(159);
});

describe('shape has IBSI’s values', () => {
  const shape: Record<string, number> = { ...shapeOf(phantom, IBSI_SPACING_MM) };
  const reference: Record<string, readonly [value: number, tolerance: number]> = {
    volume: [556, 4],
    voxelVolume: [592, 4],
    surfaceArea: [388, 3],
    surfaceToVolume: [0.698, 0.004],
    compactness1: [0.0411, 0.0003],
    compactness2: [0.599, 0.004],
    sphericalDisproportion: [1.19, 0.01],
    sphericity: [0.843, 0.005],
    asphericity: [0.186, 0.001],
    centreOfMassShift: [0.672, 0.004],
    maximum3dDiameter: [13.1, 0.1],
    majorAxis: [11.4, 0.1],
    minorAxis: [9.31, 0.06],
    leastAxis: [8.54, 0.05],
    elongation: [0.816, 0.005],
    flatness: [0.749, 0.005],
    boxVolumeDensity: [0.869, 0.005],
    boxAreaDensity: [0.866, 0.005],
    ellipsoidVolumeDensity: [1.17, 0.01],
  };

  test('for each of its features', () => {
    expect(Object.keys(shape).sort()).toEqual(Object.keys(reference).sort());
  });

  test.each(Object.entries(reference))('%s', (name, [value, tolerance]) => {
    expect(Math.abs(shape[name]! - value)).toBeLessThanOrEqual(tolerance);
  });
});

test('first order statistics are IBSI’s', () => {
  agreeInThreeDigits(firstOrder(phantom), {
    mean: 2.15,
    variance: 3.05,
    skewness: 1.08,
    excessKurtosis: -0.355,
    median: 1,
    minimum: 1,
    percentile10: 1,
    percentile90: 4,
    maximum: 6,
    interquartileRange: 3,
    range: 5,
    meanAbsoluteDeviation: 1.55,
    robustMeanAbsoluteDeviation: 1.11,
    medianAbsoluteDeviation: 1.15,
    coefficientOfVariation: 0.812,
    quartileCoefficientOfDispersion: 0.6,
    energy: 567,
    rootMeanSquare: 2.77,
  });
});

test('entropy and uniformity of the histogram are IBSI’s', () => {
  agreeInThreeDigits(histogram(grey), { entropy: 1.27, uniformity: 0.512 });
});

test('the merged co-occurrence matrix is the manual’s, count by count', () => {
  const matrix = cooccurrenceMatrix(grey);
  const found = [1, 2, 3, 4, 5, 6].map((i) => [1, 2, 3, 4, 5, 6].map((j) => matrix[7 * i + j]));
  expect(found).toEqual([
    [536, 0, 14, 105, 0, 61],
    [0, 0, 0, 0, 0, 0],
    [14, 0, 0, 5, 0, 6],
    [105, 0, 5, 64, 0, 28],
    [0, 0, 0, 0, 0, 0],
    [61, 0, 6, 28, 0, 16],
  ]);
});

test('co-occurrence features (3D, merged) are IBSI’s', () => {
  agreeInThreeDigits(cooccurrence(grey)!, {
    jointMaximum: 0.509,
    jointAverage: 2.15,
    jointVariance: 3.13,
    jointEntropy: 2.57,
    differenceAverage: 1.38,
    differenceVariance: 3.21,
    differenceEntropy: 1.64,
    sumAverage: 4.3,
    sumVariance: 7.41,
    sumEntropy: 2.11,
    angularSecondMoment: 0.291,
    contrast: 5.12,
    dissimilarity: 1.38,
    inverseDifference: 0.688,
    normalisedInverseDifference: 0.856,
    inverseDifferenceMoment: 0.631,
    normalisedInverseDifferenceMoment: 0.902,
    inverseVariance: 0.0574,
    correlation: 0.183,
    autocorrelation: 5.19,
    clusterTendency: 7.41,
    clusterShade: 17.4,
    clusterProminence: 147,
    informationCorrelation1: -0.0288,
    informationCorrelation2: 0.269,
  });
});

test('run length features (3D, merged) are IBSI’s', () => {
  agreeInThreeDigits(runLengths(grey), {
    smallEmphasis: 0.729,
    largeEmphasis: 2.76,
    lowGreyLevelEmphasis: 0.607,
    highGreyLevelEmphasis: 9.64,
    smallLowGreyLevelEmphasis: 0.372,
    smallHighGreyLevelEmphasis: 8.67,
    largeLowGreyLevelEmphasis: 2.16,
    largeHighGreyLevelEmphasis: 15.6,
    greyLevelNonUniformity: 281,
    normalisedGreyLevelNonUniformity: 0.43,
    extentNonUniformity: 328,
    normalisedExtentNonUniformity: 0.501,
    percentage: 0.68,
    greyLevelVariance: 3.48,
    extentVariance: 0.598,
    entropy: 2.62,
  } satisfies Record<keyof ZoneFeatures, number>);
});

test('the size zones are one of each size: 50 voxels of 1, 14 and 2 of 4, 1 of 3, 7 of 6', () => {
  const zones = sizeZoneMatrix(grey).map(({ level, extent, count }) => [level, extent, count]);
  expect(zones.sort((a, b) => a[1]! - b[1]!)).toEqual([
    [3, 1, 1],
    [4, 2, 1],
    [6, 7, 1],
    [4, 14, 1],
    [1, 50, 1],
  ]);
});

test('size zone features (3D) are IBSI’s', () => {
  agreeInThreeDigits(sizeZones(grey), {
    smallEmphasis: 0.255,
    largeEmphasis: 550,
    lowGreyLevelEmphasis: 0.253,
    highGreyLevelEmphasis: 15.6,
    smallLowGreyLevelEmphasis: 0.0256,
    smallHighGreyLevelEmphasis: 2.76,
    largeLowGreyLevelEmphasis: 503,
    largeHighGreyLevelEmphasis: 1490,
    greyLevelNonUniformity: 1.4,
    normalisedGreyLevelNonUniformity: 0.28,
    extentNonUniformity: 1,
    normalisedExtentNonUniformity: 0.2,
    percentage: 0.0676,
    greyLevelVariance: 2.64,
    extentVariance: 331,
    entropy: 2.32,
  } satisfies Record<keyof ZoneFeatures, number>);
});
