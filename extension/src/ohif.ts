/**
 * The narrow part of OHIF 3.13 that NoduleLab uses. OHIF ships no type declarations, so these are written down from
 * its behaviour; whatever is not listed here is not relied upon.
 */
import type * as Cornerstone from '@cornerstonejs/core';
import type { SegmentationService, ToolGroupService } from './ohifSegmentation.ts';

export type CornerstoneLibrary = typeof Cornerstone;
export type VolumeViewport = Cornerstone.VolumeViewport;

export interface Subscription {
  unsubscribe(): void;
}

interface PubSub<E extends string> {
  readonly EVENTS: Readonly<Record<E, string>>;
  subscribe(event: string, callback: () => void): Subscription;
}

/** One entry of the study browser. */
export interface DisplaySet {
  readonly displaySetInstanceUID: string;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SeriesDescription?: string;
  readonly Modality: string;
  readonly instances?: readonly Readonly<Record<string, unknown>>[];
  /** Of an entry that is one object, such as a segmentation. */
  readonly instance?: Readonly<Record<string, unknown>>;
  /** Of a segmentation: the series that it names first, null before it is known. */
  readonly referencedSeriesInstanceUID?: string | null;
  /** Of a segmentation: the entry that it is laid on when it is opened. */
  referencedDisplaySetInstanceUID?: string | null;
}

export interface DisplaySetService extends PubSub<'DISPLAY_SETS_ADDED' | 'DISPLAY_SETS_CHANGED'> {
  getActiveDisplaySets(): DisplaySet[];
  getDisplaySetByUID(uid: string): DisplaySet | undefined;
  getDisplaySetsForSeries(seriesInstanceUID: string): DisplaySet[] | undefined;
  /** Of one that is listed. */
  deleteDisplaySet(uid: string): void;
}

export interface GridViewport {
  readonly viewportId: string;
  readonly displaySetInstanceUIDs: readonly string[];
  readonly displaySetOptions?: readonly unknown[];
  readonly viewportOptions?: Readonly<Record<string, unknown>>;
  /** Parts of the grid's width and height. */
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
}

export interface GridLayout {
  readonly numRows: number;
  readonly numCols: number;
  readonly layoutOptions: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly positionId: string;
  }[];
  readonly activeViewportId: string;
  /** What stands at a position; it is changed by the grid. */
  readonly findOrCreateViewport: (position: number) => GridViewport | undefined;
  readonly isHangingProtocolLayout: boolean;
}

export interface ViewportGridService extends PubSub<'ACTIVE_VIEWPORT_ID_CHANGED' | 'GRID_STATE_CHANGED'> {
  getActiveViewportId(): string;
  getState(): { readonly viewports: ReadonlyMap<string, GridViewport> };
  setLayout(layout: GridLayout): Promise<void>;
  setViewportIsReady(viewportId: string, isReady: boolean): void;
  setDisplaySetsForViewports(
    updates: readonly {
      viewportId: string;
      displaySetInstanceUIDs: readonly string[];
      viewportOptions?: Readonly<Record<string, unknown>>;
    }[],
  ): Promise<void>;
}

export interface CornerstoneViewportService extends PubSub<'VIEWPORT_DATA_CHANGED'> {
  getCornerstoneViewport(viewportId: string): Cornerstone.Types.IViewport | null | undefined;
}

/** A message that goes away by itself. */
export interface Notification {
  readonly title: string;
  readonly message: string;
  readonly type: 'success' | 'error' | 'info' | 'warning';
  /** Milliseconds. */
  readonly duration: number;
  readonly action?: { readonly label: string; readonly onClick: () => void };
}

export interface Services {
  readonly displaySetService: DisplaySetService;
  readonly viewportGridService: ViewportGridService;
  readonly cornerstoneViewportService: CornerstoneViewportService;
  readonly uiNotificationService: { show(notification: Notification): unknown };
  readonly segmentationService: SegmentationService;
  readonly toolGroupService: ToolGroupService;
}

export interface DataSource {
  deleteStudyMetadataPromise(key: string): void;
  readonly query: {
    readonly series: {
      search(studyInstanceUID: string): Promise<readonly { readonly seriesInstanceUid: string }[]>;
    };
  };
  readonly retrieve: {
    readonly series: {
      metadata(query: { StudyInstanceUID: string; madeInClient?: boolean }): Promise<unknown>;
    };
  };
}

export interface ExtensionManager {
  getModuleEntry(id: string): { readonly exports: Readonly<Record<string, unknown>> };
  getActiveDataSource(): readonly DataSource[];
}

export interface ServicesManager {
  readonly services: Services;
}

/** What OHIF hands to every hook of an extension. */
export interface ExtensionContext {
  readonly servicesManager: ServicesManager;
  readonly extensionManager: ExtensionManager;
  readonly appConfig?: { readonly defaultDataSourceName?: string };
}

/** The one cornerstone instance of the viewer; a second copy would not share its cache. */
export function cornerstoneOf(extensionManager: ExtensionManager): CornerstoneLibrary {
  const { exports } = extensionManager.getModuleEntry('@ohif/extension-cornerstone.utilityModule.common');
  const libraries = exports['getCornerstoneLibraries'] as () => { cornerstone: CornerstoneLibrary };
  return libraries().cornerstone;
}
