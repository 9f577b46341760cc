/** Keeps one overlay on every viewport as viewports come and go, and reports clicks as patient points. */
import type { PointLps } from '@nodulelab/contract';
import type { CornerstoneLibrary, VolumeViewport } from '../ohif.ts';
import { EllipsoidOverlay, type OnDrag } from './ellipsoidOverlay.ts';
import type { HandleEvents } from './handles.ts';
import { Overlay } from './overlay.ts';
import { emptyScene, type Scene } from './scene.ts';
import type { Viewports } from './viewports.ts';

/** Farther than this between press and release is a drag: window, pan or scroll. */
const CLICK_PIXELS = 4;

interface Attached {
  readonly overlay: Overlay;
  readonly draft: EllipsoidOverlay;
  readonly detach: () => void;
}

export class Overlays {
  readonly #cornerstone: CornerstoneLibrary;
  readonly #viewports: Pick<Viewports, 'showsHost'>;
  readonly #onClick: (point: PointLps) => void;
  readonly #onHandle: HandleEvents;
  readonly #onDrag: OnDrag;
  readonly #attached = new Map<HTMLDivElement, Attached>();
  #scene: Scene = emptyScene;
  #stop: (() => void) | null = null;

  constructor(
    cornerstone: CornerstoneLibrary,
    viewports: Pick<Viewports, 'showsHost'>,
    onClick: (point: PointLps) => void,
    onHandle: HandleEvents,
    onDrag: OnDrag,
  ) {
    this.#cornerstone = cornerstone;
    this.#viewports = viewports;
    this.#onClick = onClick;
    this.#onHandle = onHandle;
    this.#onDrag = onDrag;
  }

  start(): void {
    const { eventTarget, Enums, getEnabledElements } = this.#cornerstone;
    const elementOf = (event: Event): HTMLDivElement =>
      (event as CustomEvent<{ element: HTMLDivElement }>).detail.element;
    const enabled = (event: Event): void => this.#attach(elementOf(event));
    const disabled = (event: Event): void => this.#detach(elementOf(event));
    eventTarget.addEventListener(Enums.Events.ELEMENT_ENABLED, enabled);
    eventTarget.addEventListener(Enums.Events.ELEMENT_DISABLED, disabled);
    for (const { viewport } of getEnabledElements()) this.#attach(viewport.element);
    this.#stop = () => {
      eventTarget.removeEventListener(Enums.Events.ELEMENT_ENABLED, enabled);
      eventTarget.removeEventListener(Enums.Events.ELEMENT_DISABLED, disabled);
      for (const element of [...this.#attached.keys()]) this.#detach(element);
    };
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
    this.#scene = emptyScene;
  }

  show(scene: Scene): void {
    this.#scene = scene;
    for (const element of this.#attached.keys()) this.#draw(element);
  }

  #viewportOf(element: HTMLDivElement): VolumeViewport | null {
    const viewport = this.#cornerstone.getEnabledElement(element)?.viewport;
    if (viewport?.type !== 'orthographic') return null;
    const volumeViewport = viewport as VolumeViewport;
    return volumeViewport.getVolumeId() ? volumeViewport : null;
  }

  /** The patient point under the pointer, LPS mm. */
  #pointOf(element: HTMLDivElement, event: PointerEvent): PointLps | null {
    const viewport = this.#viewportOf(element);
    if (!viewport) return null;
    const { left, top } = viewport.canvas.getBoundingClientRect();
    return viewport.canvasToWorld([event.clientX - left, event.clientY - top]) as PointLps;
  }

  #draw(element: HTMLDivElement): void {
    const attached = this.#attached.get(element);
    if (!attached) return;
    attached.overlay.say(this.#badgeOf(element));
    const viewport = this.#viewportOf(element);
    if (!viewport) return;
    const volume = this.#cornerstone.cache.getVolume(viewport.getVolumeId()!);
    attached.overlay.draw(this.#scene, viewport, volume?.spacing[2] ?? 1);
    attached.draft.draw(this.#scene.draft, viewport);
  }

  /** What is not saved is seen in every viewport of the host, slices and renderings too, and in no other series. */
  #badgeOf(element: HTMLDivElement): Scene['badge'] {
    const { badge } = this.#scene;
    const viewport = badge && this.#cornerstone.getEnabledElement(element)?.viewport;
    return viewport && this.#viewports.showsHost(viewport) ? badge : null;
  }

  #attach(element: HTMLDivElement): void {
    if (this.#attached.has(element)) return;
    const overlay = new Overlay(element, () => this.#viewportOf(element), this.#onHandle);
    const draft = new EllipsoidOverlay(element, this.#onDrag);
    const rendered = (): void => this.#draw(element);
    let pressed: [number, number] | null = null;
    const down = (event: PointerEvent): void => {
      pressed = event.button === 0 ? [event.clientX, event.clientY] : null;
    };
    const up = (event: PointerEvent): void => {
      const start = pressed;
      pressed = null;
      if (!start || !this.#scene.picking) return;
      if (Math.hypot(event.clientX - start[0], event.clientY - start[1]) > CLICK_PIXELS) return;
      const point = this.#pointOf(element, event);
      if (point) this.#onClick(point);
    };
    const move = (event: PointerEvent): void => {
      if (this.#scene.guard) overlay.point(this.#pointOf(element, event));
    };
    const gone = (): void => overlay.point(null);
    const { IMAGE_RENDERED } = this.#cornerstone.Enums.Events;
    element.addEventListener(IMAGE_RENDERED, rendered);
    element.addEventListener('pointerdown', down, true);
    element.addEventListener('pointerup', up, true);
    element.addEventListener('pointermove', move, true);
    element.addEventListener('pointerleave', gone);
    this.#attached.set(element, {
      overlay,
      draft,
      detach: () => {
        element.removeEventListener(IMAGE_RENDERED, rendered);
        element.removeEventListener('pointerdown', down, true);
        element.removeEventListener('pointerup', up, true);
        element.removeEventListener('pointermove', move, true);
        element.removeEventListener('pointerleave', gone);
        overlay.remove();
        draft.remove();
      },
    });
  }

  #detach(element: HTMLDivElement): void {
    this.#attached.get(element)?.detach();
    this.#attached.delete(element);
  }
}
