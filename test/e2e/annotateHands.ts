/** Hands that draw and rate, and eyes for what the archive has of it. */
import { expect } from '@jest/globals';
import type { Ratings } from '@nodulelab/contract';
import type { PlaneName, Point, ViewerPage } from '../support/browser.ts';
import type { TestOrthanc } from '../support/orthanc.ts';

/** The one file of a series, as the archive has it. */
export async function fileOf(orthanc: TestOrthanc, seriesInstanceUID: string): Promise<Uint8Array> {
  const found = (await (
    await orthanc.request('/tools/find', {
      method: 'POST',
      body: JSON.stringify({ Level: 'Instance', Query: { SeriesInstanceUID: seriesInstanceUID } }),
    })
  ).json()) as string[];
  expect(found).toHaveLength(1);
  return new Uint8Array(await (await orthanc.request(`/instances/${found[0]}/file`)).arrayBuffer());
}

/** With the keyboard alone. */
export async function rate(viewer: ViewerPage, ratings: Ratings): Promise<void> {
  for (const [name, value] of Object.entries(ratings))
    await viewer.see(`rate-${name}-${value}`).press('Space');
}

export async function drag(viewer: ViewerPage, plane: PlaneName, from: Point, to: Point): Promise<void> {
  const { mouse } = viewer.page;
  const [start, end] = [await viewer.position(plane, from), await viewer.position(plane, to)];
  await mouse.move(start.x, start.y);
  await mouse.down();
  for (let n = 1; n <= 5; n++)
    await mouse.move(start.x + ((end.x - start.x) * n) / 5, start.y + ((end.y - start.y) * n) / 5);
  await mouse.up();
}

interface Libraries {
  cornerstone: {
    cache: {
      getImage(id: string): { referencedImageId?: string; getPixelData(): ArrayLike<number> };
      getVolume(id: string): { spacing: Point };
    };
  };
  cornerstoneTools: {
    segmentation: {
      state: { getSegmentations(): { representationData: { Labelmap: { imageIds: string[] } } }[] };
    };
  };
}
interface ViewerWindow {
  extensionManager: {
    getModuleEntry(id: string): { exports: { getCornerstoneLibraries(): Libraries } };
  };
}
const LIBRARIES = '@ohif/extension-cornerstone.utilityModule.common';

/** HU of every painted voxel, as the viewer holds the CT. */
export function paintedHu(viewer: ViewerPage): Promise<number[]> {
  return viewer.page.evaluate((id) => {
    const { extensionManager } = window as unknown as ViewerWindow;
    const { cornerstone, cornerstoneTools } = extensionManager
      .getModuleEntry(id)
      .exports.getCornerstoneLibraries();
    const { getImage } = cornerstone.cache;
    const [painted] = cornerstoneTools.segmentation.state.getSegmentations();
    return painted!.representationData.Labelmap.imageIds.flatMap((imageId) => {
      const image = getImage.call(cornerstone.cache, imageId);
      const labels = image.getPixelData();
      const hu = getImage.call(cornerstone.cache, image.referencedImageId!).getPixelData();
      return Array.from(labels).flatMap((label, at) => (label === 0 ? [] : [hu[at]!]));
    });
  }, LIBRARIES);
}

/** Of a voxel, mm³. */
export function voxelVolume(viewer: ViewerPage, volumeId: string): Promise<number> {
  return viewer.page.evaluate(
    ([id, volume]) => {
      const { extensionManager } = window as unknown as ViewerWindow;
      const { cornerstone } = extensionManager.getModuleEntry(id).exports.getCornerstoneLibraries();
      return cornerstone.cache.getVolume(volume).spacing.reduce((product, mm) => product * mm, 1);
    },
    [LIBRARIES, volumeId] as const,
  );
}
