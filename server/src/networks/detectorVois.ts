/** The cut-outs that the detector learns from, with all that is needed to choose places in them. */
import { createHash } from 'node:crypto';
import { largestPiece, boxSize, centroid, cropTo } from '../lidc/boxMask.ts';
import { largestInPlaneDiameter } from '../lidc/diameter.ts';
import type { SourceNodule } from '../dataset/source.ts';
import { openVoiFolder } from '../dataset/voiFolder.ts';
import { ALWAYS_TEST, splitPatients, type PatientSplit } from '../dataset/split.ts';
import { distanceTo } from '../volume/distance.ts';
import { inLpsOrder } from '../volume/axisOrder.ts';
import { indexToWorld, worldToIndex, type CtVolume, type Vec3 } from '../volume/ctVolume.ts';
import { smoothed, type Field } from './brightPlaces.ts';

/** Widths of the Gaussians under which bright places are sought, mm. */
const SIGMAS_MM = [0.8, 1.6, 3.2] as const;

export interface DetectorVoi {
  readonly id: string;
  readonly patientId: string;
  /** Axes along L, P and S. */
  readonly ct: CtVolume;
  /** Centroid of the readers' consensus, LPS mm. */
  readonly centre: Vec3;
  /** Largest in-plane diameter of the consensus, mm. */
  readonly diameterMm: number;
  /** From every voxel to the nearest one that any reader marked, or that a ball in another nodule's place holds, mm. */
  readonly clearanceMm: Float32Array;
  /** The CT under Gaussians, narrowest first. */
  readonly fields: readonly { readonly sigmaMm: number; readonly field: Field }[];
}

export interface DetectorVois {
  readonly vois: readonly DetectorVoi[];
  readonly split: PatientSplit;
  /** Over the hashes of the cut-outs that were read, in their order. */
  readonly sha256: string;
}

interface Read extends Pick<DetectorVoi, 'ct' | 'centre' | 'diameterMm'> {
  readonly nodule: SourceNodule;
  /** 1 where any reader marked the nodule; on the grid of `ct`. */
  readonly marked: Uint8Array;
}

/** @param xml folder with the readers' XML; without it what any reader marked stands for the consensus */
export async function readDetectorVois(
  dir: string,
  xml: string | undefined,
  split: { readonly seed: number; readonly folds: number },
): Promise<DetectorVois> {
  const union = await openVoiFolder(dir);
  const consensus = xml === undefined ? union : await openVoiFolder(dir, xml);
  const hash = createHash('sha256');
  const read: Read[] = [];
  // Both list the rows of one table.
  for (const [index, nodule] of consensus.nodules.entries()) {
    const { ct, mask, sha256 } = await nodule.load();
    const marked = await union.nodules[index]!.load();
    hash.update(sha256);
    const piece = largestPiece(mask);
    const shape = { size: boxSize(piece.box), spacing: ct.spacing };
    read.push({
      ...{ nodule, ct, centre: centroid(ct, piece) },
      diameterMm: largestInPlaneDiameter(shape, piece.bits),
      marked: cropTo(marked.mask, { min: [0, 0, 0], max: ct.size }),
    });
  }
  const vois = read.map(({ nodule, ct, centre, diameterMm, marked }): DetectorVoi => {
    const bits = marked.slice();
    for (const other of read)
      if (other.nodule !== nodule && other.nodule.seriesUID === nodule.seriesUID)
        addBall(bits, ct, other.centre, other.diameterMm / 2);
    const clearance = distanceTo(bits, ct.size, ct.spacing);
    const { volume } = inLpsOrder(ct);
    return {
      id: `${nodule.patientId}/${nodule.noduleId}`,
      patientId: nodule.patientId,
      ct: volume,
      centre,
      diameterMm,
      clearanceMm: volume === ct ? clearance : reordered(clearance, ct, volume),
      fields: SIGMAS_MM.map((sigmaMm) => ({
        sigmaMm,
        field: smoothed(volume.data, volume.size, volume.spacing, sigmaMm),
      })),
    };
  });
  const patients = vois.map(({ patientId }) => patientId);
  return {
    vois,
    split: splitPatients(patients, { ...split, testPatients: ALWAYS_TEST }),
    sha256: hash.digest('hex'),
  };
}

/** Sets the voxels of a ball. */
function addBall(bits: Uint8Array, ct: CtVolume, centre: Vec3, radiusMm: number): void {
  const [ni, nj, nk] = ct.size;
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) {
        const [x, y, z] = indexToWorld(ct, [i, j, k]);
        if (Math.hypot(x - centre[0], y - centre[1], z - centre[2]) <= radiusMm)
          bits[i + ni * (j + nj * k)] = 1;
      }
}

/** Values on the grid of `from`, on the same voxels in the order of `to`. */
function reordered(values: Float32Array, from: CtVolume, to: CtVolume): Float32Array {
  const result = new Float32Array(values.length);
  const [ni, nj, nk] = to.size;
  let at = 0;
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++) {
        const [u, v, w] = worldToIndex(from, indexToWorld(to, [i, j, k]));
        result[at++] = values[Math.round(u) + from.size[0] * (Math.round(v) + from.size[1] * Math.round(w))]!;
      }
  return result;
}
