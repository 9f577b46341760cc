/** Draws the scene over one viewport as SVG, redrawn whenever the viewport renders. */
import type { Contour, PointLps } from '@nodulelab/contract';
import { ballOnPlane, outlinesOnPlane } from '../geometry/outline.ts';
import type { VolumeViewport } from '../ohif.ts';
import { GuardCanvas } from './guardCanvas.ts';
import { type HandleEvents, Handles } from './handles.ts';
import { CONSENSUS_COLOUR, readerColour, type Ring, type Scene } from './scene.ts';
import { type Attributes, RING_COLOURS, RING_GAP, shape } from './shapes.ts';
import { planeOf } from './viewports.ts';

const BADGE_COLOURS = { synthetic: '#c084fc', preview: '#fbbf24' } as const;

export class Overlay {
  readonly #element: HTMLDivElement;
  readonly #guard: GuardCanvas;
  readonly #handles: Handles;
  readonly #svg: SVGSVGElement;
  readonly #badge: HTMLDivElement;

  constructor(element: HTMLDivElement, viewport: () => VolumeViewport | null, events: HandleEvents) {
    this.#element = element;
    this.#guard = new GuardCanvas(element);
    this.#svg = shape('svg', {
      'data-nodulelab': 'overlay',
      'aria-hidden': 'true',
      style: 'position:absolute;inset:0;width:100%;height:100%;pointer-events:none;overflow:hidden;z-index:1',
    }) as SVGSVGElement;
    this.#badge = document.createElement('div');
    this.#badge.dataset['nodulelab'] = 'badge';
    this.#badge.setAttribute('role', 'status');
    this.#badge.style.cssText =
      'position:absolute;top:30px;left:50%;transform:translateX(-50%);padding:1px 8px;border-radius:4px;font:600 11px/18px Inter,system-ui,sans-serif;letter-spacing:.08em;color:#0b0f19;pointer-events:none;z-index:2;white-space:nowrap';
    this.#badge.hidden = true;
    element.append(this.#svg, this.#badge);
    this.#handles = new Handles(element, viewport, events);
  }

  remove(): void {
    this.#handles.remove();
    this.#guard.remove();
    this.#svg.remove();
    this.#badge.remove();
    this.#element.style.cursor = '';
  }

  /** @param spacing distance between slices that the readers drew on, mm */
  draw(scene: Scene, viewport: VolumeViewport, spacing: number): void {
    this.#guard.draw(scene.guard, viewport);
    const plane = planeOf(viewport);
    const canvas = (point: PointLps): [number, number] =>
      viewport.worldToCanvas([...point]) as [number, number];
    const shapes: SVGElement[] = [];

    const outlines = (contours: readonly Contour[], look: Attributes): void => {
      for (const { points, inclusion } of outlinesOnPlane(contours, plane, spacing))
        shapes.push(
          shape('polygon', {
            points: points
              .map((point) =>
                canvas(point)
                  .map((v) => v.toFixed(1))
                  .join(','),
              )
              .join(' '),
            fill: 'none',
            'stroke-linejoin': 'round',
            'stroke-dasharray': inclusion ? 'none' : '3 3',
            ...look,
          }),
        );
    };
    outlines(scene.consensus, { stroke: CONSENSUS_COLOUR, 'stroke-width': 3, 'data-consensus': 'true' });
    for (const { contours, reader } of scene.marks)
      outlines(contours, { stroke: readerColour(reader), 'stroke-width': 1.4, 'data-reader': reader });

    for (const ring of scene.rings) shapes.push(...this.#ring(ring, viewport, canvas));

    this.#svg.replaceChildren(...shapes);
    this.#handles.draw(scene.handles, viewport);
    this.#element.style.cursor = scene.picking ? 'crosshair' : '';
  }

  /** Apart from the drawing: viewports of any kind show what must be told apart from a CT. */
  say(badge: Scene['badge']): void {
    this.#badge.hidden = badge === null;
    if (!badge) return;
    // Told again it would be read out again at every rendering.
    if (this.#badge.textContent !== badge.text) this.#badge.textContent = badge.text;
    this.#badge.style.background = BADGE_COLOURS[badge.kind];
  }

  /** The patient point under the pointer; null when it has left. */
  point(at: PointLps | null): void {
    this.#guard.point(at);
  }

  /** Four short strokes that leave the point itself free to be seen. */
  #cross([x, y]: [number, number], colour: string): SVGElement[] {
    const [inner, outer] = [5, 12];
    return [
      [x - outer, y, x - inner, y],
      [x + inner, y, x + outer, y],
      [x, y - outer, x, y - inner],
      [x, y + inner, x, y + outer],
    ].map(([x1, y1, x2, y2]) =>
      shape('line', { x1: x1!, y1: y1!, x2: x2!, y2: y2!, stroke: colour, 'stroke-width': 1.5 }),
    );
  }

  #ring(
    { centre, diameterMm, kind }: Ring,
    viewport: VolumeViewport,
    canvas: (point: PointLps) => [number, number],
  ): SVGElement[] {
    const radius = ballOnPlane(centre, diameterMm, planeOf(viewport));
    if (radius === null) return [];
    const colour = RING_COLOURS[kind];
    const [x, y] = canvas(centre);
    const { viewUp } = viewport.getCamera();
    const rim = centre.map((value, axis) => value + radius * viewUp![axis]!) as PointLps;
    const pixels = Math.hypot(canvas(rim)[0] - x, canvas(rim)[1] - y);
    const ring = shape('circle', {
      cx: x,
      cy: y,
      r: pixels + RING_GAP,
      fill: 'none',
      stroke: colour,
      'stroke-width': 1.3,
      'stroke-dasharray': kind === 'removed' ? '1.5 4' : '5 4',
      'data-ring': kind,
    });
    return kind === 'refused' ? [ring, ...this.#cross([x, y], colour)] : [ring];
  }
}
