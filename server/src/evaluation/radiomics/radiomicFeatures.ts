/**
 * The radiomic feature vector of the nodule in a patch, for distances between sets.
 *
 * Which features: the field of view of a patch goes with its nodule, so a length in voxels or mm says nothing about the
 * nodule's looks. Shape comes as ratios, levels as HU, texture at a distance of one voxel; one length is kept, the
 * diameter in mm, which is the same in both views. Left out is what IBSI defines on an origin that HU do not have
 * (coefficient of variation, energy), what the window cuts (maximum), and what is another of the features by a formula
 * (compactness and sphericity).
 *
 * A Fréchet distance sees means and covariances only: features that run over orders of magnitude, or have a heavy tail
 * among real nodules, come as logarithm (of 1 + x where x may be 0) or cube root, else a few nodules would make all of the
 * distance.
 *
 * Each family is held against the reference values of IBSI (A. Zwanenburg et al., arXiv 1612.07003). Grey levels: bins
 * of 25 HU from -1000 HU on, as in IBSI's configurations A and C.
 */
import { WINDOW_LOW_HU } from '../../volume/window.ts';
import { noduleMask } from '../noduleMask.ts';
import type { NoduleMask } from '../noduleMask.ts';
import { cooccurrence } from './cooccurrence.ts';
import type { Cooccurrence } from './cooccurrence.ts';
import { firstOrder } from './firstOrder.ts';
import type { FirstOrder } from './firstOrder.ts';
import { greyLevels, histogram } from './greyLevels.ts';
import { regionOf } from './region.ts';
import { runLengths } from './runLengths.ts';
import { shapeOf } from './shape.ts';
import type { Shape } from './shape.ts';
import { sizeZones } from './sizeZones.ts';
import type { ZoneFeatures } from './zoneFeatures.ts';

const { cbrt, log, log1p, sqrt } = Math;

/** Width of a grey level, HU. */
export const BIN_HU = 25;

/** All that is computed of a nodule, family by family. */
export interface NoduleRadiomics {
  /** Diameter of the ball of the same volume, mm. */
  readonly diameterMm: number;
  readonly shape: Shape;
  /** HU. */
  readonly firstOrder: FirstOrder;
  readonly histogram: { readonly entropy: number; readonly uniformity: number };
  readonly cooccurrence: Cooccurrence;
  readonly runs: ZoneFeatures;
  readonly zones: ZoneFeatures;
}

const VECTOR: readonly (readonly [name: string, of: (of: NoduleRadiomics) => number])[] = [
  ['size: diameter (log mm)', ({ diameterMm }) => log(diameterMm)],
  ['shape: sphericity', ({ shape }) => shape.sphericity],
  ['shape: elongation', ({ shape }) => shape.elongation],
  ['shape: flatness', ({ shape }) => shape.flatness],
  ['shape: maximum diameter / diameter', ({ shape, diameterMm }) => shape.maximum3dDiameter / diameterMm],
  ['shape: ellipsoid volume density', ({ shape }) => shape.ellipsoidVolumeDensity],
  [
    'shape: centre of mass shift / diameter (log)',
    ({ shape, diameterMm }) => log1p((100 * shape.centreOfMassShift) / diameterMm),
  ],
  ['first order: mean (HU)', (of) => of.firstOrder.mean],
  ['first order: standard deviation (HU)', (of) => sqrt(of.firstOrder.variance)],
  ['first order: skewness', (of) => of.firstOrder.skewness],
  ['first order: kurtosis (log)', (of) => log(of.firstOrder.excessKurtosis + 3)],
  ['first order: 10th percentile (HU)', (of) => of.firstOrder.percentile10],
  ['first order: median (HU)', (of) => of.firstOrder.median],
  ['first order: 90th percentile (HU)', (of) => of.firstOrder.percentile90],
  ['first order: interquartile range (HU)', (of) => of.firstOrder.interquartileRange],
  ['first order: robust mean absolute deviation (HU)', (of) => of.firstOrder.robustMeanAbsoluteDeviation],
  ['histogram: entropy', (of) => of.histogram.entropy],
  ['histogram: uniformity (log)', (of) => log(of.histogram.uniformity)],
  ['GLCM: joint maximum (log)', (of) => log(of.cooccurrence.jointMaximum)],
  ['GLCM: joint entropy', (of) => of.cooccurrence.jointEntropy],
  ['GLCM: angular second moment (log)', (of) => log(of.cooccurrence.angularSecondMoment)],
  ['GLCM: contrast (log)', (of) => log1p(of.cooccurrence.contrast)],
  ['GLCM: dissimilarity (log)', (of) => log1p(of.cooccurrence.dissimilarity)],
  ['GLCM: difference entropy', (of) => of.cooccurrence.differenceEntropy],
  ['GLCM: inverse difference', (of) => of.cooccurrence.inverseDifference],
  ['GLCM: inverse variance', (of) => of.cooccurrence.inverseVariance],
  ['GLCM: correlation', (of) => of.cooccurrence.correlation],
  ['GLCM: cluster tendency (log)', (of) => log1p(of.cooccurrence.clusterTendency)],
  ['GLCM: cluster shade (cube root)', (of) => cbrt(of.cooccurrence.clusterShade)],
  ['GLCM: cluster prominence (log)', (of) => log1p(of.cooccurrence.clusterProminence)],
  ['GLCM: information correlation 1', (of) => of.cooccurrence.informationCorrelation1],
  ['GLCM: information correlation 2', (of) => of.cooccurrence.informationCorrelation2],
  ['GLRLM: short runs emphasis', (of) => of.runs.smallEmphasis],
  ['GLRLM: long runs emphasis (log)', (of) => log1p(of.runs.largeEmphasis)],
  ['GLRLM: grey level non-uniformity (log)', (of) => log(of.runs.normalisedGreyLevelNonUniformity)],
  ['GLRLM: run length non-uniformity', (of) => of.runs.normalisedExtentNonUniformity],
  ['GLRLM: run percentage', (of) => of.runs.percentage],
  ['GLRLM: run entropy', (of) => of.runs.entropy],
  ['GLSZM: small zone emphasis', (of) => of.zones.smallEmphasis],
  ['GLSZM: large zone emphasis (log)', (of) => log1p(of.zones.largeEmphasis)],
  ['GLSZM: grey level non-uniformity (log)', (of) => log(of.zones.normalisedGreyLevelNonUniformity)],
  ['GLSZM: zone size non-uniformity', (of) => of.zones.normalisedExtentNonUniformity],
  ['GLSZM: zone percentage (log)', (of) => log1p(100 * of.zones.percentage)],
  ['GLSZM: zone entropy', (of) => of.zones.entropy],
];

/** What each number of {@link radiomicFeatures} is, family first. */
export const RADIOMIC_NAMES: readonly string[] = VECTOR.map(([name]) => name);

/**
 * @param values size³ in [0, 1] (HU [-1000, 400]), x fastest; the nodule is found by {@link noduleMask}
 * @param spacingMm between voxel centres
 * @returns one number for each of {@link RADIOMIC_NAMES}, all finite; null where the patch shows no nodule
 * @throws NoduleLabError `invalid-input` for NaN, or values that are no cube
 */
export function radiomicFeatures(values: Float32Array, size: number, spacingMm: number): Float64Array | null {
  const nodule = noduleMask(values, size);
  return nodule === null ? null : radiomicVector(nodule, size, spacingMm);
}

/** The same for a nodule that is already measured. */
export function radiomicVector(nodule: NoduleMask, size: number, spacingMm: number): Float64Array {
  const of = radiomicsOf(nodule, size, spacingMm);
  return Float64Array.from(VECTOR, ([, feature]) => feature(of));
}

/** All features by their IBSI names, family by family. */
export function radiomicsOf(nodule: NoduleMask, size: number, spacingMm: number): NoduleRadiomics {
  // A nodule has voxels, and those of one piece are neighbours: neither is ever null.
  const region = regionOf(nodule.hu, nodule.mask, [size, size, size], nodule.box)!;
  const grey = greyLevels(region, { from: WINDOW_LOW_HU, width: BIN_HU });
  return {
    diameterMm: nodule.equivalentVoxels * spacingMm,
    // HU + 1000 goes with density.
    shape: shapeOf(region, spacingMm, WINDOW_LOW_HU),
    firstOrder: firstOrder(region),
    histogram: histogram(grey),
    cooccurrence: cooccurrence(grey)!,
    runs: runLengths(grey),
    zones: sizeZones(grey),
  };
}
