/** Everything that NoduleLab does to the viewer, behind one door: the service knows no cornerstone and no OHIF. */
import type { PointLps, PreviewBox } from '@nodulelab/contract';
import type { Pose } from '../geometry/pose.ts';
import { type CornerstoneLibrary, cornerstoneOf, type ExtensionContext, type Subscription } from '../ohif.ts';
import type { Focus } from '../state/focus.ts';
import type { Host } from '../state/session.ts';
import { Brush, type BrushEvents } from './brush.ts';
import type { OnDrag } from './ellipsoidOverlay.ts';
import type { HandleEvents } from './handles.ts';
import { Overlays } from './overlays.ts';
import { type PreviewLook, PreviewVoxels } from './previewVoxels.ts';
import type { Scene } from './scene.ts';
import { layOnFirstSeries } from './segmentationGround.ts';
import { SeriesBrowser } from './seriesBrowser.ts';
import { showNearestSlice } from './stackSlices.ts';
import { ThreeD } from './threeD.ts';
import { ThumbnailBadges } from './thumbnailBadges.ts';
import { ViewportBadges } from './viewportBadges.ts';
import { TIMES, timed } from './timing.ts';
import { Viewports } from './viewports.ts';
import { drawsVolumes } from './webgl.ts';

type CachedVolume = NonNullable<ReturnType<CornerstoneLibrary['cache']['getVolume']>>;

/** Told in a corner of the viewer, for whoever looks elsewhere. */
export interface Notice {
  readonly kind: 'success' | 'error';
  readonly title: string;
  readonly message: string;
  readonly action?: { readonly label: string; readonly onClick: () => void };
}

/** Milliseconds: long enough to read a sentence and to reach its button. */
const NOTICE_STAYS = 12_000;

export interface ViewerEvents {
  readonly onHost: (host: Host | null) => void;
  readonly onClick: (point: PointLps) => void;
  readonly onHandle: HandleEvents;
  /** A handle of the ellipsoid that is being drawn. */
  readonly onDrag: OnDrag;
  readonly brush: BrushEvents;
}

export class Viewer {
  readonly brush: Brush;
  readonly #context: ExtensionContext;
  readonly #viewports: Viewports;
  readonly #overlays: Overlays;
  readonly #preview: PreviewVoxels<CachedVolume>;
  readonly #browser: SeriesBrowser;
  readonly #thumbnailBadges = new ThumbnailBadges();
  readonly #viewportBadges: ViewportBadges;
  readonly #threeD: ThreeD;
  readonly #events: ViewerEvents;
  #subscriptions: Subscription[] = [];
  #jump = 0;
  #previewed = false;

  constructor(context: ExtensionContext, events: ViewerEvents) {
    const cornerstone = cornerstoneOf(context.extensionManager);
    const { services } = context.servicesManager;
    this.#context = context;
    this.#events = events;
    this.#viewports = new Viewports(services, cornerstone);
    this.#preview = new PreviewVoxels(
      (volume) => cornerstone.cache.getVolume(volume.volumeId) === volume,
      ({ imageIds }, slices) =>
        this.#viewports.renderSlices(new Set([...slices].flatMap((slice) => imageIds[slice] ?? []))),
    );
    this.#overlays = new Overlays(
      cornerstone,
      this.#viewports,
      events.onClick,
      events.onHandle,
      events.onDrag,
    );
    this.#viewportBadges = new ViewportBadges(services);
    this.#threeD = new ThreeD(services, cornerstone);
    this.#browser = new SeriesBrowser(
      services,
      context.extensionManager,
      context.appConfig?.defaultDataSourceName ?? 'orthanc',
    );
    this.brush = new Brush(context, this.#viewports, (series) => this.#browser.find(series), events.brush);
  }

  start(): void {
    const { viewportGridService, displaySetService, cornerstoneViewportService } =
      this.#context.servicesManager.services;
    const changed = (): void => {
      this.#mark();
      this.#threeD.changed();
      this.#events.onHost(this.host());
    };
    const listed = (): void => {
      layOnFirstSeries(displaySetService);
      this.#mark();
    };
    this.#subscriptions = [
      displaySetService.subscribe(displaySetService.EVENTS.DISPLAY_SETS_ADDED, listed),
      viewportGridService.subscribe(viewportGridService.EVENTS.ACTIVE_VIEWPORT_ID_CHANGED, changed),
      viewportGridService.subscribe(viewportGridService.EVENTS.GRID_STATE_CHANGED, changed),
      displaySetService.subscribe(displaySetService.EVENTS.DISPLAY_SETS_CHANGED, changed),
      // The last of them all: when a mode is entered again, the grid tells of its change before it has changed.
      cornerstoneViewportService.subscribe(cornerstoneViewportService.EVENTS.VIEWPORT_DATA_CHANGED, changed),
    ];
    // The viewer says that it goes without WebGL, and then asks for it (OHIF 3.13): no viewport is there yet.
    if (!drawsVolumes()) cornerstoneOf(this.#context.extensionManager).setUseCPURendering(true);
    this.#overlays.start();
    changed();
  }

  stop(): void {
    this.#jump++;
    this.hidePreview();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#subscriptions = [];
    this.#overlays.stop();
    this.#thumbnailBadges.remove();
    this.#viewportBadges.remove();
    this.#threeD.stop();
  }

  host(): Host | null {
    const displaySet = this.#viewports.hostDisplaySet();
    return displaySet
      ? {
          studyInstanceUID: displaySet.StudyInstanceUID,
          seriesInstanceUID: displaySet.SeriesInstanceUID,
          description: displaySet.SeriesDescription ?? '',
        }
      : null;
  }

  draw(scene: Scene): void {
    this.#overlays.show(scene);
    const previewed = scene.badge !== null;
    if (previewed === this.#previewed) return;
    this.#previewed = previewed;
    this.#viewportBadges.show(previewed);
  }

  /** Shows the surroundings of a place in three dimensions, or no longer. */
  async toggle3D(): Promise<void> {
    const displaySet = this.#viewports.hostDisplaySet();
    if (displaySet) await this.#threeD.toggle(displaySet.displaySetInstanceUID);
  }

  /** The place whose surroundings are shown. */
  aim3D(focus: Focus | null): void {
    this.#threeD.aim(focus);
  }

  /** Synthetic series carry their badge wherever they are listed or shown. */
  #mark(): void {
    const { displaySetService } = this.#context.servicesManager.services;
    this.#thumbnailBadges.show(displaySetService.getActiveDisplaySets());
    this.#viewportBadges.show(this.#previewed);
  }

  /** Brings a point of a series into view as soon as the series is on the screen; a later call wins. */
  async jumpTo(seriesInstanceUID: string, point: PointLps): Promise<void> {
    const mine = ++this.#jump;
    const displaySet = this.#browser.find(seriesInstanceUID);
    if (!displaySet) return;
    if (!drawsVolumes()) {
      const { servicesManager, extensionManager } = this.#context;
      return showNearestSlice(servicesManager.services, cornerstoneOf(extensionManager), point);
    }
    const wanted = (): boolean => mine === this.#jump;
    if (await this.#viewports.ready(displaySet.displaySetInstanceUID, wanted)) this.#viewports.jumpTo(point);
    // A viewport that was still being filled resets its camera when its volume is complete.
    if (this.#viewports.volumeOf(displaySet.displaySetInstanceUID)?.loadStatus?.loaded) return;
    if (await this.#viewports.loaded(displaySet.displaySetInstanceUID, wanted)) this.#viewports.jumpTo(point);
  }

  /** The point that the three planes show together. */
  crosshair(): PointLps | null {
    return this.#viewports.meetingPoint();
  }

  /** Waits for the whole CT, then shows the previews inside it, each on top of the ones before it. */
  async showPreview(
    seriesInstanceUID: string,
    boxes: readonly PreviewBox[],
    stillWanted: () => boolean,
    look: PreviewLook = 'preview',
  ): Promise<void> {
    // What cannot be looked at must not be accepted.
    if (!drawsVolumes()) throw new Error('A preview needs WebGL, which this browser does not offer.');
    const displaySet = this.#browser.find(seriesInstanceUID);
    const loaded =
      displaySet !== null && (await this.#viewports.loaded(displaySet.displaySetInstanceUID, stillWanted));
    if (!stillWanted()) return;
    const volume = loaded ? this.#viewports.volumeOf(displaySet.displaySetInstanceUID) : null;
    if (!volume) throw new Error('Show this CT in planes to look at a preview in it.');
    const start = performance.now();
    this.#preview.hold(volume, boxes);
    if (look !== 'preview') this.#preview.show(look);
    void this.#viewports.painted().then(() => timed(TIMES.paint, start));
  }

  /** Lays what the last preview adds where it is dragged to, until any look or preview; ends when that is painted. */
  async carry(from: Pose, to: Pose): Promise<void> {
    const start = performance.now();
    this.#preview.carry(from, to);
    await this.#viewports.painted();
    timed(TIMES.drag, start);
  }

  /** What of the changed voxels is seen. */
  lookAt(look: PreviewLook): void {
    this.#preview.show(look);
    this.#viewports.render();
  }

  /** @param width and level in HU, of all planes */
  setWindow(width: number, level: number): void {
    this.#viewports.setWindow(width, level);
  }

  /** Puts the original voxels back. */
  hidePreview(): void {
    this.#preview.release();
    this.#viewports.render();
  }

  /** Lists a new series in the study browser. @returns false when it does not appear */
  async discover(studyInstanceUID: string, seriesInstanceUID: string): Promise<boolean> {
    return (await this.#browser.discover(studyInstanceUID, seriesInstanceUID)) !== null;
  }

  /** Takes segmentations and reports from the study browser that the archive has no more. */
  unlist(studyInstanceUID: string): Promise<void> {
    return this.#browser.unlist(studyInstanceUID);
  }

  notify({ kind, title, message, action }: Notice): void {
    this.#context.servicesManager.services.uiNotificationService.show({
      ...{ title, message, type: kind, duration: NOTICE_STAYS },
      ...(action === undefined ? {} : { action }),
    });
  }

  /** Shows a series of the study browser in the viewports. */
  async open(seriesInstanceUID: string, point: PointLps | null): Promise<void> {
    const displaySet = this.#browser.find(seriesInstanceUID);
    if (!displaySet) return;
    await this.#browser.open(displaySet);
    if (point) await this.jumpTo(seriesInstanceUID, point);
  }
}
