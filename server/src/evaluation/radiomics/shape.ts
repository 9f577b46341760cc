/** Morphological features of a region: IBSI reference manual (arXiv 1612.07003), section 3.1, from the surface mesh. */
import { largestDistance } from './largestDistance.ts';
import { meshOf } from './mesh.ts';
import { principalVariances } from './principalAxes.ts';
import type { Region } from './region.ts';

const { cbrt, hypot, max, PI, sqrt } = Math;

export interface Shape {
  /** Of the mesh, mm³. */
  readonly volume: number;
  /** Of the voxels, mm³. */
  readonly voxelVolume: number;
  /** mm². */
  readonly surfaceArea: number;
  readonly surfaceToVolume: number;
  readonly compactness1: number;
  readonly compactness2: number;
  readonly sphericalDisproportion: number;
  readonly sphericity: number;
  readonly asphericity: number;
  /** Between the middle of the voxels and the middle of the intensity, mm; intensities count as weights. */
  readonly centreOfMassShift: number;
  /** Between vertices of the mesh, mm. */
  readonly maximum3dDiameter: number;
  /** Four standard deviations of the voxels along the principal axes, mm: 0.89 of an ellipsoid's axes. */
  readonly majorAxis: number;
  readonly minorAxis: number;
  readonly leastAxis: number;
  /** Minor axis / major axis. */
  readonly elongation: number;
  /** Least axis / major axis. */
  readonly flatness: number;
  /** Volume and area over those of the smallest box along the grid's axes. */
  readonly boxVolumeDensity: number;
  readonly boxAreaDensity: number;
  /** Volume over that of the ellipsoid of these axes; about 1.4 for an ellipsoid, less for what is less compact. */
  readonly ellipsoidVolumeDensity: number;
}

/**
 * @param spacingMm between voxels, isotropic
 * @param massless intensity of a voxel that weighs nothing in {@link Shape.centreOfMassShift}; all are above it
 */
export function shapeOf(region: Region, spacingMm: number, massless = 0): Shape {
  const mesh = meshOf(region);
  const volume = mesh.volume * spacingMm ** 3;
  const area = mesh.area * spacingMm ** 2;
  const sphericity = cbrt(36 * PI * volume * volume) / area;
  const compactness2 = (36 * PI * volume * volume) / area ** 3;
  const [major, minor, least] = principalVariances(region).map(
    (variance) => 4 * spacingMm * sqrt(max(0, variance)),
  ) as [number, number, number];
  // The mesh reaches half a voxel beyond the outermost voxels' centres; the region has an empty border of one voxel.
  const [width, depth, height] = region.size.map((voxels) => (voxels - 2) * spacingMm) as [
    number,
    number,
    number,
  ];
  const boxArea = 2 * (width * depth + width * height + depth * height);
  return {
    volume,
    voxelVolume: region.voxels.length * spacingMm ** 3,
    surfaceArea: area,
    surfaceToVolume: area / volume,
    compactness1: volume / (sqrt(PI) * area ** 1.5),
    compactness2,
    sphericalDisproportion: 1 / sphericity,
    sphericity,
    asphericity: cbrt(1 / compactness2) - 1,
    centreOfMassShift: massShift(region, massless) * spacingMm,
    maximum3dDiameter: largestDistance(region) * spacingMm,
    majorAxis: major,
    minorAxis: minor,
    leastAxis: least,
    elongation: major > 0 ? minor / major : 1,
    flatness: major > 0 ? least / major : 1,
    boxVolumeDensity: volume / (width * depth * height),
    boxAreaDensity: area / boxArea,
    ellipsoidVolumeDensity: (6 * volume) / (PI * major * minor * least),
  };
}

/** In voxels. */
function massShift({ size: [nx, ny], intensity, voxels }: Region, massless: number): number {
  let [x, y, z, wx, wy, wz, weights] = [0, 0, 0, 0, 0, 0, 0];
  for (const voxel of voxels) {
    const i = voxel % nx;
    const j = ((voxel / nx) | 0) % ny;
    const k = (voxel / (nx * ny)) | 0;
    const weight = intensity[voxel]! - massless;
    x += i;
    y += j;
    z += k;
    wx += weight * i;
    wy += weight * j;
    wz += weight * k;
    weights += weight;
  }
  const n = voxels.length;
  return weights > 0 ? hypot(x / n - wx / weights, y / n - wy / weights, z / n - wz / weights) : 0;
}
