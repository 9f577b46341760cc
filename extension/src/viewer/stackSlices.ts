/** Where no volumes are drawn: the slice that is nearest to a point, in the viewports that show slices one by one. */
import type { PointLps } from '@nodulelab/contract';
import type { CornerstoneLibrary, Services } from '../ohif.ts';

interface ImagePlane {
  readonly imagePositionPatient?: readonly number[] | null;
  readonly rowCosines?: readonly number[] | null;
  readonly columnCosines?: readonly number[] | null;
}

/** Distance of a point from a slice, mm; infinite where the slice does not say where it lies. */
export function distanceFrom(point: PointLps, plane: ImagePlane | undefined): number {
  const { imagePositionPatient: at, rowCosines: row, columnCosines: column } = plane ?? {};
  if (!at || !row || !column) return Infinity;
  const normal = [0, 1, 2].map((n) => {
    const [a, b] = [(n + 1) % 3, (n + 2) % 3];
    return row[a]! * column[b]! - row[b]! * column[a]!;
  });
  return Math.abs(point.reduce((sum, value, axis) => sum + (value - at[axis]!) * normal[axis]!, 0));
}

export function showNearestSlice(services: Services, cornerstone: CornerstoneLibrary, point: PointLps): void {
  const { viewportGridService, cornerstoneViewportService } = services;
  for (const id of viewportGridService.getState().viewports.keys()) {
    const viewport = cornerstoneViewportService.getCornerstoneViewport(id);
    if (viewport?.type !== 'stack') continue;
    const stack = viewport as InstanceType<CornerstoneLibrary['StackViewport']>;
    const distances = stack
      .getImageIds()
      .map((imageId) =>
        distanceFrom(point, cornerstone.metaData.get('imagePlaneModule', imageId) as ImagePlane | undefined),
      );
    const nearest = distances.indexOf(Math.min(...distances));
    if (nearest >= 0 && distances[nearest] !== Infinity)
      void cornerstone.utilities.jumpToSlice(stack.element, { imageIndex: nearest });
  }
}
