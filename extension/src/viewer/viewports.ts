/** The volume viewports of the viewer: which there are, what they show, and how to move them. */
import type { PointLps } from '@nodulelab/contract';
import type { Plane } from '../geometry/outline.ts';
import { meetingPoint } from '../geometry/planes.ts';
import type { CornerstoneLibrary, DisplaySet, Services, VolumeViewport } from '../ohif.ts';

type VtkImage = Parameters<CornerstoneLibrary['utilities']['updateVTKImageDataWithCornerstoneImage']>[0];

const READY_WITHIN_MS = 120_000;
const POLL_MS = 150;
/** One that is not on the screen is not painted. */
const PAINTED_WITHIN_MS = 2_000;

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export const planeOf = (viewport: VolumeViewport): Plane => {
  const { focalPoint, viewPlaneNormal } = viewport.getCamera();
  return { point: focalPoint as PointLps, normal: viewPlaneNormal as PointLps };
};

/** Of whatever kind. */
interface AnyViewport {
  readonly id: string;
  getVolumeId?(): string | undefined;
}

export class Viewports {
  readonly #services: Services;
  readonly #cornerstone: CornerstoneLibrary;

  constructor(services: Services, cornerstone: CornerstoneLibrary) {
    this.#services = services;
    this.#cornerstone = cornerstone;
  }

  /** The CT in the active viewport, else the first CT on the screen. */
  hostDisplaySet(): DisplaySet | null {
    const { viewportGridService, displaySetService } = this.#services;
    const { viewports } = viewportGridService.getState();
    const active = viewports.get(viewportGridService.getActiveViewportId());
    for (const viewport of [...(active ? [active] : []), ...viewports.values()])
      for (const uid of viewport.displaySetInstanceUIDs ?? []) {
        const displaySet = displaySetService.getDisplaySetByUID(uid);
        if (displaySet?.Modality === 'CT') return displaySet;
      }
    return null;
  }

  /** Whether a viewport of whatever kind shows the host: by itself, or below a segmentation of it. */
  showsHost(viewport: AnyViewport): boolean {
    const host = this.hostDisplaySet();
    if (!host) return false;
    if (viewport.getVolumeId?.()?.includes(host.displaySetInstanceUID)) return true;
    const { viewportGridService, displaySetService } = this.#services;
    const uids = viewportGridService.getState().viewports.get(viewport.id)?.displaySetInstanceUIDs ?? [];
    return uids.some((uid) => {
      const shown = displaySetService.getDisplaySetByUID(uid);
      const { SeriesInstanceUID: own, referencedSeriesInstanceUID: below } = shown ?? {};
      return own === host.SeriesInstanceUID || below === host.SeriesInstanceUID;
    });
  }

  /** Planar volume viewports that show a CT volume. */
  all(): VolumeViewport[] {
    const found: VolumeViewport[] = [];
    for (const id of this.#services.viewportGridService.getState().viewports.keys()) {
      const viewport = this.#services.cornerstoneViewportService.getCornerstoneViewport(id);
      if (viewport?.type !== 'orthographic') continue;
      const volumeViewport = viewport as VolumeViewport;
      if (volumeViewport.getVolumeId()) found.push(volumeViewport);
    }
    return found;
  }

  /** Display set shown by a viewport: its volume carries the display set's UID. */
  showing(displaySetInstanceUID: string): VolumeViewport[] {
    return this.all().filter((viewport) => viewport.getVolumeId()?.includes(displaySetInstanceUID));
  }

  /** The volume of the host, when it is in the viewer's cache. */
  volumeOf(displaySetInstanceUID: string): ReturnType<CornerstoneLibrary['cache']['getVolume']> | undefined {
    const id = this.showing(displaySetInstanceUID)[0]?.getVolumeId();
    return id ? this.#cornerstone.cache.getVolume(id) : undefined;
  }

  /** Waits until the viewports show the display set. @returns false when they do not within two minutes */
  async ready(displaySetInstanceUID: string, stillWanted: () => boolean): Promise<boolean> {
    const deadline = performance.now() + READY_WITHIN_MS;
    while (stillWanted() && performance.now() < deadline) {
      if (this.showing(displaySetInstanceUID).length > 0) return true;
      await pause(POLL_MS);
    }
    return false;
  }

  /** Waits until every slice of the display set's volume has arrived. */
  async loaded(displaySetInstanceUID: string, stillWanted: () => boolean): Promise<boolean> {
    const deadline = performance.now() + READY_WITHIN_MS;
    while (stillWanted() && performance.now() < deadline) {
      if (this.volumeOf(displaySetInstanceUID)?.loadStatus?.loaded) return true;
      await pause(POLL_MS);
    }
    return false;
  }

  /** Brings a point into view in all planes. */
  jumpTo(point: PointLps): void {
    for (const viewport of this.all()) {
      viewport.jumpToWorld([...point]);
      viewport.render();
    }
  }

  /** Width and level in HU, as DICOM counts them (PS3.3, C.11.2.1.2.1): a width holds both of its ends. */
  setWindow(width: number, level: number): void {
    const half = (width - 1) / 2;
    const voiRange = { lower: level - 0.5 - half, upper: level - 0.5 + half };
    for (const viewport of this.all()) {
      viewport.setProperties({ voiRange });
      viewport.render();
    }
  }

  /** The point that the planes show together. */
  meetingPoint(): PointLps | null {
    return meetingPoint(this.all().map(planeOf));
  }

  render(): void {
    for (const viewport of this.all()) viewport.render();
  }

  /** Viewports that show slices one by one keep a copy of the one on the screen: it is taken anew where it is one of these. */
  renderSlices(imageIds: ReadonlySet<string>): void {
    const { viewportGridService, cornerstoneViewportService } = this.#services;
    for (const id of viewportGridService.getState().viewports.keys()) {
      const viewport = cornerstoneViewportService.getCornerstoneViewport(id);
      if (viewport?.type !== 'stack') continue;
      const stack = viewport as InstanceType<CornerstoneLibrary['StackViewport']>;
      // None of either before its first slice has arrived.
      const image = stack.getCornerstoneImage() as ReturnType<typeof stack.getCornerstoneImage> | undefined;
      const copy = stack.getImageData() as ReturnType<typeof stack.getImageData> | undefined;
      if (!image || !copy || !imageIds.has(image.imageId)) continue;
      this.#cornerstone.utilities.updateVTKImageDataWithCornerstoneImage(copy.imageData as VtkImage, image);
      stack.render();
    }
  }

  /** Renders, and waits until all of them have been painted. */
  async painted(): Promise<void> {
    const { IMAGE_RENDERED } = this.#cornerstone.Enums.Events;
    const all = this.all().map(
      ({ element }) =>
        new Promise((resolve) => element.addEventListener(IMAGE_RENDERED, resolve, { once: true })),
    );
    this.render();
    await Promise.race([Promise.all(all), pause(PAINTED_WITHIN_MS)]);
  }
}
