/**
 * A nodule of the store on the voxels of its CT. The store keeps each mark's outlines in the patient (LPS mm); they were
 * whole pixels of the CT, so they are that again, and the masks are those of the import.
 */
import type { Nodule } from '@nodulelab/contract';
import type { SourceVolume } from '../dataset/volumeSource.ts';
import { noduleOfMarks, type AnnotatedSeries, type LidcNodule } from '../lidc/nodules.ts';
import { sliceFinder } from '../lidc/sliceFinder.ts';
import type { LidcMark } from '../lidc/xml.ts';
import { worldToIndex, type Vec3, type VolumeGeometry } from '../volume/ctVolume.ts';

const { round } = Math;

/** @throws NoduleLabError as `noduleOfMarks`: slices that the CT does not have, outlines that leave its pixels */
export function storedNodule(
  nodule: Nodule,
  {
    ct,
    sopInstanceUIDs = [],
    sliceThicknessMm,
  }: Pick<SourceVolume, 'sopInstanceUIDs' | 'sliceThicknessMm'> & { readonly ct: VolumeGeometry },
): LidcNodule {
  const series: AnnotatedSeries = {
    geometry: ct,
    sliceThicknessMm,
    sliceIndexOf: sliceFinder(sopInstanceUIDs, ct),
  };
  const of = { ...nodule, name: `Nodule ${nodule.number} of series ${nodule.seriesInstanceUID}` };
  const marks = nodule.marks.map((mark) => pixelMark(mark, ct));
  return { ...noduleOfMarks(of, marks, series), id: nodule.id };
}

function pixelMark(mark: Nodule['marks'][number], geometry: VolumeGeometry): LidcMark {
  return {
    ...mark,
    contours: mark.contours.map(({ sopInstanceUID, inclusion, points }) => ({
      sopInstanceUID,
      z: points[0]?.[2],
      inclusion,
      points: points.map((point) => pixelOf(geometry, point)),
    })),
  };
}

function pixelOf(geometry: VolumeGeometry, point: Vec3): readonly [number, number] {
  const [column, row] = worldToIndex(geometry, point);
  return [round(column), round(row)];
}
