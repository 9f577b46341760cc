/** What the viewer made of a segmentation and a report: their places in the patient, as it would draw them. */
import type { Page } from 'playwright-core';
import type { Point } from './browser.ts';

export interface LoadedSegment {
  readonly label: string;
  /** Series of the images that it lies on. */
  readonly seriesInstanceUID: string;
  readonly voxels: number;
  /** Mean of its voxels, LPS mm. */
  readonly centre: Point;
}

export interface ReportOutline {
  readonly trackingUid: string;
  readonly sopInstanceUID: string;
  /** Middle of its bounding box, LPS mm. */
  readonly centre: Point;
  /** Width of its bounding box along L, mm. */
  readonly extent: number;
  /** `label: value`, as the viewer writes beside it. */
  readonly labels: readonly string[];
}

interface Plane {
  imagePositionPatient: Point;
  rowCosines: Point;
  columnCosines: Point;
  rowPixelSpacing: number;
  columnPixelSpacing: number;
}
interface Annotation {
  metadata: { referencedImageId: string };
  data: {
    TrackingUniqueIdentifier: string;
    handles: { points: Point[] };
    labels: { label: string; value: string }[];
  };
}
interface Libraries {
  cornerstone: {
    cache: {
      getImage(
        id: string,
      ): { referencedImageId: string; columns: number; getPixelData(): ArrayLike<number> } | undefined;
    };
    metaData: { get(kind: 'imagePlaneModule', id: string): Plane };
  };
  cornerstoneTools: {
    segmentation: {
      state: {
        getSegmentations(): {
          segments: Record<string, { label: string }>;
          representationData: { Labelmap?: { imageIds?: string[] } };
        }[];
      };
    };
    annotation: { state: { getAllAnnotations(): (Annotation & { metadata: { toolName: string } })[] } };
  };
}
interface ViewerWindow {
  extensionManager: {
    getModuleEntry(id: string): { exports: { getCornerstoneLibraries(): Libraries } };
  };
}
const LIBRARIES = '@ohif/extension-cornerstone.utilityModule.common';

/** Segments of all loaded segmentations that have voxels, in the order of their numbers. */
export function loadedSegments(page: Page): Promise<LoadedSegment[]> {
  return page.evaluate((id) => {
    const { extensionManager } = window as unknown as ViewerWindow;
    const { cornerstone, cornerstoneTools } = extensionManager
      .getModuleEntry(id)
      .exports.getCornerstoneLibraries();
    return cornerstoneTools.segmentation.state
      .getSegmentations()
      .flatMap(({ segments, representationData }) => {
        const sums = new Map<number, { voxels: number; sum: [number, number, number]; series: string }>();
        for (const imageId of representationData.Labelmap?.imageIds ?? []) {
          const image = cornerstone.cache.getImage(imageId);
          if (!image) continue;
          const plane = cornerstone.metaData.get('imagePlaneModule', image.referencedImageId);
          const series = /\/series\/([0-9.]+)/.exec(image.referencedImageId)?.[1] ?? '';
          const pixels = image.getPixelData();
          for (let at = 0; at < pixels.length; at++) {
            const number = pixels[at]!;
            if (number === 0) continue;
            const i = at % image.columns;
            const j = (at - i) / image.columns;
            const found = sums.get(number) ?? { voxels: 0, sum: [0, 0, 0], series };
            found.voxels++;
            for (const axis of [0, 1, 2] as const)
              found.sum[axis] +=
                plane.imagePositionPatient[axis] +
                i * plane.columnPixelSpacing * plane.rowCosines[axis] +
                j * plane.rowPixelSpacing * plane.columnCosines[axis];
            sums.set(number, found);
          }
        }
        return [...sums]
          .sort(([a], [b]) => a - b)
          .map(([number, { voxels, sum, series }]) => ({
            label: segments[number]?.label ?? '',
            seriesInstanceUID: series,
            voxels,
            centre: sum.map((total) => total / voxels) as [number, number, number],
          }));
      });
  }, LIBRARIES);
}

/** Outlines of loaded reports; one that is loaded twice is told once. */
export function reportOutlines(page: Page): Promise<ReportOutline[]> {
  return page.evaluate((id) => {
    const { extensionManager } = window as unknown as ViewerWindow;
    const { cornerstoneTools } = extensionManager.getModuleEntry(id).exports.getCornerstoneLibraries();
    const all = cornerstoneTools.annotation.state
      .getAllAnnotations()
      .filter(({ metadata }) => metadata.toolName === 'DICOMSRDisplay')
      .map(({ metadata, data }) => {
        const low = [0, 1, 2].map((axis) => Math.min(...data.handles.points.map((point) => point[axis]!)));
        const high = [0, 1, 2].map((axis) => Math.max(...data.handles.points.map((point) => point[axis]!)));
        return {
          trackingUid: data.TrackingUniqueIdentifier,
          sopInstanceUID: /\/instances\/([0-9.]+)/.exec(metadata.referencedImageId)?.[1] ?? '',
          centre: low.map((mm, axis) => (mm + high[axis]!) / 2) as [number, number, number],
          extent: high[0]! - low[0]!,
          labels: data.labels.map(({ label, value }) => `${label}: ${value}`),
        };
      });
    return [...new Map(all.map((one) => [one.trackingUid, one])).values()];
  }, LIBRARIES);
}
