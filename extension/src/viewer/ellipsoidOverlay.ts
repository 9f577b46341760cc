/**
 * The ellipsoid that is being drawn, over one viewport: its outline in the plane, and handles to move and size it. The
 * handles stay the same elements while the outline is redrawn, so that a drag is not cut off.
 */
import type { PointLps } from '@nodulelab/contract';
import { type Ellipsoid, type EllipsoidHandle, ellipsoidOnPlane } from '../geometry/ellipsoid.ts';
import type { Plane } from '../geometry/outline.ts';
import type { VolumeViewport } from '../ohif.ts';
import { planeOf } from './viewports.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** Drawn and not saved: dashes and amber, as a preview's badge. */
const COLOUR = '#fbbf24';
const HANDLE_PIXELS = 3.5;
/** A finger or a hurried mouse hits this. */
const GRASP_PIXELS = 11;
/** Handles nearer to the centre than this would lie on each other. */
const APART_PIXELS = 14;
const MOUSE_EVENTS = ['mousedown', 'touchstart', 'dblclick'] as const;

export type OnDrag = (handle: EllipsoidHandle, point: PointLps, plane: Plane) => void;

const make = (name: string, attributes: Readonly<Record<string, string | number>>): SVGElement => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
};

export class EllipsoidOverlay {
  readonly #svg: SVGElement;
  readonly #outline: SVGElement;
  readonly #handles: SVGElement[] = [];
  /** Where the rim itself is: of a small one its handle lies a little outside. */
  readonly #rims = new WeakMap<SVGElement, readonly [number, number]>();
  readonly #onDrag: OnDrag;
  #viewport: VolumeViewport | null = null;

  constructor(element: HTMLDivElement, onDrag: OnDrag) {
    this.#onDrag = onDrag;
    this.#svg = make('svg', {
      'data-nodulelab': 'ellipsoid',
      // The sliders of the panel do the same for the keyboard and for screen readers.
      'aria-hidden': 'true',
      style: 'position:absolute;inset:0;width:100%;height:100%;pointer-events:none;overflow:hidden;z-index:2',
    });
    this.#outline = make('polygon', {
      fill: 'rgb(251 191 36 / 8%)',
      stroke: COLOUR,
      'stroke-width': 1.8,
      'stroke-dasharray': '6 3',
      'data-draft': 'ellipsoid',
    });
    this.#svg.append(this.#outline);
    this.#svg.style.display = 'none';
    element.append(this.#svg);
  }

  remove(): void {
    this.#svg.remove();
  }

  draw(ellipsoid: Ellipsoid | null, viewport: VolumeViewport): void {
    this.#viewport = viewport;
    const cut = ellipsoid && ellipsoidOnPlane(ellipsoid, planeOf(viewport));
    this.#svg.style.display = cut ? '' : 'none';
    if (!cut) return;
    const canvas = (point: PointLps): readonly [number, number] =>
      viewport.worldToCanvas([...point]) as [number, number];
    this.#outline.setAttribute(
      'points',
      cut.outline
        .map((point) =>
          canvas(point)
            .map((value) => value.toFixed(1))
            .join(','),
        )
        .join(' '),
    );
    const middle = canvas(cut.handles[0]?.at ?? [0, 0, 0]);
    cut.handles.forEach(({ handle, at }, n) => {
      const element = (this.#handles[n] ??= this.#newHandle());
      const [x, y] = canvas(at);
      const [dx, dy] = [x - middle[0], y - middle[1]];
      const away = Math.hypot(dx, dy);
      const push = handle !== 'centre' && away > 0 && away < APART_PIXELS ? APART_PIXELS / away : 1;
      this.#rims.set(element, [x, y]);
      element.dataset['handle'] = String(handle);
      element.style.cursor =
        handle === 'centre' ? 'move' : Math.abs(dx) > Math.abs(dy) ? 'ew-resize' : 'ns-resize';
      element.setAttribute('transform', `translate(${middle[0] + dx * push} ${middle[1] + dy * push})`);
      element.style.display = '';
    });
    for (const spare of this.#handles.slice(cut.handles.length)) spare.style.display = 'none';
  }

  #newHandle(): SVGElement {
    const group = make('g', { style: 'pointer-events:auto;touch-action:none' });
    group.append(
      make('circle', { r: GRASP_PIXELS, fill: 'transparent' }),
      make('circle', { r: HANDLE_PIXELS, fill: COLOUR, stroke: '#0b0f19', 'stroke-width': 1 }),
    );
    let grip: readonly [number, number] | null = null;
    const pointer = (event: PointerEvent, viewport: VolumeViewport): readonly [number, number] => {
      const { left, top } = viewport.canvas.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    };
    group.addEventListener('pointerdown', (event) => {
      const rim = this.#rims.get(group);
      if (event.button !== 0 || !rim || !this.#viewport) return;
      const [x, y] = pointer(event, this.#viewport);
      grip = [rim[0] - x, rim[1] - y];
      group.setPointerCapture(event.pointerId);
    });
    group.addEventListener('pointermove', (event) => {
      const { handle } = group.dataset;
      if (!grip || handle === undefined || !this.#viewport) return;
      const [x, y] = pointer(event, this.#viewport);
      const point = this.#viewport.canvasToWorld([x + grip[0], y + grip[1]]) as PointLps;
      this.#onDrag(
        handle === 'centre' ? 'centre' : (Number(handle) as 0 | 1 | 2),
        point,
        planeOf(this.#viewport),
      );
    });
    for (const end of ['pointerup', 'pointercancel'] as const)
      group.addEventListener(end, () => {
        grip = null;
      });
    // The viewer's own tools would window, pan or place beneath the handle.
    for (const name of MOUSE_EVENTS) group.addEventListener(name, (event) => event.stopPropagation());
    this.#svg.append(group);
    return group;
  }
}
