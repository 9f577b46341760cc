/**
 * A fourth viewport on demand: a volume rendering of the surroundings of a place, cut out of the CT so that the chest wall
 * does not hide it and a slow graphics card draws it. It shares the planes' volume, so that it shows previews too. The
 * planes stay as they are: the viewer moves viewports that keep their names.
 */
import type { PointLps } from '@nodulelab/contract';
import { cutPlanes, halfAround } from '../geometry/crop.ts';
import { openSide } from '../geometry/openSide.ts';
import type { CornerstoneLibrary, GridViewport, Services, Subscription } from '../ohif.ts';
import type { Focus } from '../state/focus.ts';
import { LUNG_PRESET, registerLungPreset } from './lungPreset.ts';
import { clip, onVoxels, type View3D } from './view3d.ts';

export const THREE_D_ID = 'nodulelab-3d';
const DISTANCE_MM = 400;
const AIR_HU = -1000;
/** While a nodule is dragged only the planes keep up. */
const CALM_MS = 200;
const POLL_MS = 300;
const READY_WITHIN_MS = 120_000;

type Point3 = [number, number, number];
type Volume = NonNullable<ReturnType<CornerstoneLibrary['cache']['getVolume']>>;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where the rendering stands: below the small planes of our own layout, else to the right of whatever there is. */
export function placesWith3D(before: readonly Place[]): readonly Place[] {
  const [axial, ...small] = before;
  if (axial && small.length === 2 && small.every(({ x }) => Math.abs(x - axial.width) < 0.01)) {
    const column = { x: axial.width, width: 1 - axial.width, height: 1 / 3 };
    return [axial, ...[0, 1, 2].map((row) => ({ ...column, y: row / 3 }))];
  }
  const squeezed = before.map((place) => ({ ...place, x: place.x * 0.68, width: place.width * 0.68 }));
  return [...squeezed, { x: 0.68, y: 0, width: 0.32, height: 1 }];
}

export class ThreeD {
  readonly #services: Services;
  readonly #cornerstone: CornerstoneLibrary;
  #before = new Map<string, Place>();
  #focus: Focus | null = null;
  #view: View3D | null = null;
  /** What was looked at last, and in which volume: turns and zooms of the user's own stay. */
  #looked: { readonly focus: Focus | null; readonly volumeId: string } | null = null;
  #voxels: Subscription | null = null;
  #calm: ReturnType<typeof setTimeout> | undefined;
  /** Apart from the other: neither a new place nor new voxels must make the other wait for ever. */
  #painting: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  constructor(services: Services, cornerstone: CornerstoneLibrary) {
    this.#services = services;
    this.#cornerstone = cornerstone;
  }

  isShown(): boolean {
    return this.#services.viewportGridService.getState().viewports.has(THREE_D_ID);
  }

  async toggle(displaySetInstanceUID: string): Promise<void> {
    if (this.isShown()) await this.#takeAway();
    else await this.#add(displaySetInstanceUID);
  }

  /** The place to look at; a later call wins. */
  aim(focus: Focus | null): void {
    const [was, is] = [this.#focus, focus];
    if (was?.diameterMm === is?.diameterMm && was?.point.join() === is?.point.join()) return;
    this.#focus = focus;
    this.#soon();
  }

  /** Another volume, another layout: looks at the place anew. */
  changed(): void {
    if (this.isShown()) this.#soon();
    else this.stop();
  }

  stop(): void {
    clearTimeout(this.#calm);
    clearTimeout(this.#painting);
    this.#turn++;
    this.#voxels?.unsubscribe();
    this.#voxels = null;
    this.#view = null;
    this.#looked = null;
  }

  async #add(displaySetInstanceUID: string): Promise<void> {
    registerLungPreset(this.#cornerstone);
    const viewports = [...this.#services.viewportGridService.getState().viewports.values()];
    this.#before = new Map(
      viewports.map(({ viewportId, x = 0, y = 0, width = 1, height = 1 }) => [
        viewportId,
        { x, y, width, height },
      ]),
    );
    const volume: GridViewport = {
      viewportId: THREE_D_ID,
      displaySetInstanceUIDs: [displaySetInstanceUID],
      displaySetOptions: [
        { id: 'ct', options: { displayPreset: { CT: LUNG_PRESET, default: LUNG_PRESET } } },
      ],
      viewportOptions: {
        viewportId: THREE_D_ID,
        toolGroupId: 'volume3d',
        viewportType: 'volume3d',
        orientation: 'coronal',
        allowUnmatchedView: true,
        customViewportProps: { hideOverlays: true },
        syncGroups: [],
      },
    };
    await this.#layOut([...viewports, volume], placesWith3D([...this.#before.values()]));
    this.#soon();
  }

  async #takeAway(): Promise<void> {
    this.stop();
    const left = [...this.#services.viewportGridService.getState().viewports.values()].filter(
      ({ viewportId }) => viewportId !== THREE_D_ID,
    );
    const places = left.map(
      ({ viewportId, x = 0, y = 0, width = 1, height = 1 }) =>
        this.#before.get(viewportId) ?? { x, y, width, height },
    );
    await this.#layOut(left, places);
  }

  /** The viewer asks for each position of a grid: one that is large enough, of which it takes the first. */
  async #layOut(viewports: readonly GridViewport[], places: readonly Place[]): Promise<void> {
    const { viewportGridService } = this.#services;
    const known = [...viewportGridService.getState().viewports.keys()];
    await viewportGridService.setLayout({
      numRows: 3,
      numCols: Math.ceil(viewports.length / 3) + 1,
      layoutOptions: places.map((place, n) => ({ ...place, positionId: `nodulelab-${n}` })),
      activeViewportId: viewportGridService.getActiveViewportId(),
      findOrCreateViewport: (position) => {
        const viewport = viewports[position];
        return viewport && { ...viewport };
      },
      isHangingProtocolLayout: true,
    });
    // The viewer waits for those that it has only moved to become ready, which they were before.
    for (const { viewportId } of viewports)
      if (known.includes(viewportId)) viewportGridService.setViewportIsReady(viewportId, true);
  }

  #soon(): void {
    if (!this.isShown()) return;
    clearTimeout(this.#calm);
    const mine = ++this.#turn;
    const deadline = performance.now() + READY_WITHIN_MS;
    const attempt = (): void => {
      if (mine !== this.#turn || this.#look() || performance.now() > deadline) return;
      this.#calm = setTimeout(attempt, POLL_MS);
    };
    this.#calm = setTimeout(attempt, CALM_MS);
  }

  #current(): View3D | null {
    const viewport = this.#services.cornerstoneViewportService.getCornerstoneViewport(THREE_D_ID);
    return viewport?.type === 'volume3d' ? (viewport as View3D) : null;
  }

  /** @returns false while there is nothing to look at yet */
  #look(): boolean {
    const view = this.#current();
    const id = view?.getVolumeId();
    const volume = id === undefined ? undefined : this.#cornerstone.cache.getVolume(id);
    if (!view || !volume?.loadStatus?.loaded || view.getActors().length === 0) return false;
    const first = view !== this.#view;
    if (first)
      // The viewer shows the whole CT again when the window changes its size.
      view.element.addEventListener(this.#cornerstone.Enums.Events.CAMERA_RESET, () => {
        this.#looked = null;
        this.#soon();
      });
    this.#view = view;
    if (this.#looked?.focus === this.#focus && this.#looked.volumeId === volume.volumeId) return true;
    if (this.#looked?.volumeId !== volume.volumeId) {
      this.#voxels?.unsubscribe();
      this.#voxels = volume.imageData ? onVoxels(volume.imageData, () => this.#redraw()) : null;
    }
    const before = first ? null : (this.#looked?.focus ?? null);
    this.#looked = { focus: this.#focus, volumeId: volume.volumeId };
    if (this.#focus) this.#show(view, volume, this.#focus, before);
    return true;
  }

  #show(view: View3D, volume: Volume, { point, diameterMm }: Focus, before: Focus | null): void {
    const half = halfAround(diameterMm);
    const { position, focalPoint, viewUp } = view.getCamera();
    // Near where it was, the user's own turn stays; elsewhere something else may stand before the place.
    const near = before && Math.hypot(...point.map((at, axis) => at - before.point[axis]!)) < half;
    const turned = near
      ? position!.map((at, axis) => at - focalPoint![axis]!)
      : openSide(this.#hounsfield(volume), point, diameterMm / 2 + 3, half);
    const length = Math.hypot(...turned);
    clip(view, cutPlanes(point, half));
    view.setCamera({
      focalPoint: [...point],
      position: point.map((at, axis) => at + (turned[axis]! / length) * DISTANCE_MM) as Point3,
      viewUp: near ? viewUp! : [0, 0, 1],
      parallelScale: half * 1.25,
    });
    view.render();
  }

  #hounsfield({ imageData, voxelManager, dimensions }: Volume): (point: PointLps) => number {
    const { transformWorldToIndex } = this.#cornerstone.utilities;
    if (!imageData || !voxelManager) return () => AIR_HU;
    return (point) => {
      const index = transformWorldToIndex(imageData, [...point]) as readonly number[];
      const [i, j, k] = index.map(Math.round) as Point3;
      const within = [i, j, k].every((at, axis) => at >= 0 && at < dimensions[axis]!);
      return within ? Number(voxelManager.getAtIJK(i, j, k)) : AIR_HU;
    };
  }

  #redraw(): void {
    clearTimeout(this.#painting);
    this.#painting = setTimeout(() => this.#current()?.render(), CALM_MS);
  }
}
