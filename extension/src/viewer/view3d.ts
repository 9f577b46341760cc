/** The few things of a volume rendering that cornerstone leaves to its graphics library. */
import type { CutPlane } from '../geometry/crop.ts';
import type { CornerstoneLibrary, Subscription } from '../ohif.ts';

export type View3D = InstanceType<CornerstoneLibrary['VolumeViewport3D']>;

interface ClippedMapper {
  removeAllClippingPlanes(): unknown;
  addClippingPlane(plane: object): unknown;
}

/**
 * A plane as the mapper reads it. The library's own class is not handed out by the viewer; and this one cannot be moved:
 * the viewer turns the planes that it finds into a slab of its own.
 */
function plane({ origin, normal }: CutPlane): object {
  return {
    isA: (name: string) => name === 'vtkPlane',
    // The reader changes what it is given.
    getOrigin: () => [...origin],
    getNormal: () => [...normal],
    getOriginByReference: () => [...origin],
    getNormalByReference: () => [...normal],
    setOrigin: () => false,
    setNormal: () => false,
    getMTime: () => 0,
  };
}

/** Draws only what lies within the planes. */
export function clip(view: View3D, planes: readonly CutPlane[]): void {
  for (const { actor } of view.getActors()) {
    const mapper = (actor as unknown as { getMapper(): ClippedMapper | undefined }).getMapper();
    if (!mapper?.addClippingPlane) continue;
    mapper.removeAllClippingPlanes();
    for (const each of planes) mapper.addClippingPlane(plane(each));
  }
}

/** Tells when voxels of a volume have changed. */
export function onVoxels(imageData: object, changed: () => void): Subscription {
  return (imageData as { onModified(callback: () => void): Subscription }).onModified(changed);
}
