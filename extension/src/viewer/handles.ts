/**
 * The handles of the ring of a nodule that is being placed, over one viewport: its inside moves it, its edge makes it
 * wider, its knob turns it. They hear a press before the viewer's own tools and keep it from them; everywhere else, and
 * with any other button or the wheel, the tools work as ever. Each handle can have the focus and then takes arrow keys.
 */
import type { PointLps } from '@nodulelab/contract';
import {
  angleBetween,
  axisAlong,
  type Handle,
  handleAt,
  insideOf,
  KNOB_AWAY,
  type Pixel,
  pulledDiameter,
  RIM_REACH,
  type RingOnScreen,
} from '../geometry/handles.ts';
import { ballOnPlane } from '../geometry/outline.ts';
import { applied, type Pose, turnAbout, turnedFurther } from '../geometry/pose.ts';
import { add, distance, dot, normalise, scale, subtract } from '../geometry/vector.ts';
import type { VolumeViewport } from '../ohif.ts';
import { DIAMETER } from '../state/session.ts';
import { type Attributes, RING_COLOURS, RING_GAP, shape } from './shapes.ts';
import { planeOf } from './viewports.ts';

/** What is done with the handles. Poses are whole ones; whoever hears of them keeps them within bounds. */
export interface HandleEvents {
  /** @returns false where nothing can be dragged now */
  begin(): boolean;
  to(pose: Pose): void;
  end(): void;
  cancel(): void;
  /** A step of the keyboard; steps that follow each other fast are one. */
  nudge(pose: Pose): void;
}

/** Nearer than this to where it began a press is no drag. */
const DRAG_PIXELS = 3;
/** Of the keyboard, and with Shift. */
const STEPS = { move: [1, 5], size: [0.5, 2], turn: [5, 15] } as const;
const ARROWS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const AXIS_WORDS = ['right to left', 'front to back', 'foot to head'] as const;
/** Half the edge of a mark on the ring, and of one on a ring so small that it would hide the nodule. */
const GRIP = { usual: 3.5, small: 2, below: 18 } as const;

interface Drag {
  readonly handle: Handle;
  readonly pose: Pose;
  readonly from: PointLps;
  readonly at: Pixel;
  readonly pointer: number;
  begun: boolean;
}

export class Handles {
  readonly #element: HTMLDivElement;
  readonly #viewport: () => VolumeViewport | null;
  readonly #events: HandleEvents;
  readonly #svg: SVGElement;
  readonly #parts: Readonly<Record<Handle, SVGElement>>;
  readonly #stem = shape('line', { stroke: RING_COLOURS.candidate, 'stroke-width': 1.3 });
  readonly #grips = [0, 1, 2, 3].map(() => shape('rect', { fill: RING_COLOURS.candidate }));
  readonly #stop = new AbortController();
  #pose: Pose | null = null;
  #ring: RingOnScreen | null = null;
  #drag: Drag | null = null;

  constructor(element: HTMLDivElement, viewport: () => VolumeViewport | null, events: HandleEvents) {
    this.#element = element;
    this.#viewport = viewport;
    this.#events = events;
    const part = (handle: Handle, look: Attributes): SVGElement =>
      shape('circle', { 'data-handle': handle, tabindex: 0, ...look });
    const slider = (from: number, to: number): Attributes => ({
      ...{ role: 'slider', 'aria-valuemin': from, 'aria-valuemax': to },
    });
    this.#parts = {
      move: part('move', { role: 'button', fill: 'transparent', style: 'pointer-events:fill;cursor:move' }),
      // The ring itself is thinner than a hand is steady.
      size: part('size', {
        ...slider(DIAMETER.least, DIAMETER.most),
        ...{ fill: 'none', stroke: 'transparent', 'stroke-width': 2 * RIM_REACH },
        style: 'pointer-events:stroke;cursor:nwse-resize',
      }),
      turn: part('turn', {
        ...slider(-180, 180),
        ...{ r: 5.5, fill: '#04121a', stroke: RING_COLOURS.candidate, 'stroke-width': 2 },
        style: 'pointer-events:all;cursor:grab',
      }),
    };
    const style = shape('style', {});
    style.textContent =
      '[data-handle]{outline:none}[data-handle]:focus-visible{stroke:#fff;stroke-width:2.5px}';
    this.#svg = shape('svg', {
      'data-nodulelab': 'handles',
      role: 'group',
      'aria-label': 'Handles of the nodule that is being placed',
      style: 'position:absolute;inset:0;width:100%;height:100%;pointer-events:none;overflow:hidden;z-index:2',
    });
    const { size, move, turn } = this.#parts;
    this.#svg.append(style, this.#stem, move, size, ...this.#grips, turn);
    this.#svg.style.display = 'none';
    element.append(this.#svg);
    this.#listen();
  }

  remove(): void {
    this.#abandon();
    this.#stop.abort();
    this.#svg.remove();
  }

  /** @param pose null where nothing is being placed */
  draw(pose: Pose | null, viewport: VolumeViewport): void {
    this.#pose = pose;
    this.#ring = pose && ringOf(pose, viewport);
    const shown = this.#ring !== null;
    if (this.#svg.style.display !== (shown ? '' : 'none')) this.#svg.style.display = shown ? '' : 'none';
    if (!pose) this.#abandon();
    if (!pose || !this.#ring) return;
    const { centre, radius, knob } = this.#ring;
    const { move, size, turn } = this.#parts;
    place(move, { cx: centre[0], cy: centre[1], r: insideOf(radius) });
    place(size, { cx: centre[0], cy: centre[1], r: radius });
    place(turn, { cx: knob[0], cy: knob[1] });
    const out: Pixel = [(knob[0] - centre[0]) / away(radius), (knob[1] - centre[1]) / away(radius)];
    const foot: Pixel = [centre[0] + out[0] * radius, centre[1] + out[1] * radius];
    place(this.#stem, { x1: foot[0], y1: foot[1], x2: knob[0], y2: knob[1] });
    const half = radius < GRIP.below ? GRIP.small : GRIP.usual;
    this.#grips.forEach((grip, n) => {
      const [x, y] = [[1, 0, -1, 0][n]!, [0, 1, 0, -1][n]!];
      place(grip, {
        ...{ x: centre[0] + x * radius - half, y: centre[1] + y * radius - half },
        ...{ width: 2 * half, height: 2 * half },
      });
    });
    this.#tell(pose, viewport);
  }

  /** For those who do not see them. */
  #tell({ diameterMm, turnDeg, place: at }: Pose, viewport: VolumeViewport): void {
    const axis = axisAlong(planeOf(viewport).normal);
    const { move, size, turn } = this.#parts;
    const where = at.map((value) => value.toFixed(0)).join(', ');
    place(move, { 'aria-label': `Nodule at ${where} mm; arrow keys move it in this plane` });
    place(size, {
      ...{ 'aria-label': 'Diameter of the nodule', 'aria-valuenow': diameterMm },
      'aria-valuetext': `${diameterMm.toFixed(1)} mm`,
    });
    place(turn, {
      'aria-label': `Turn of the nodule about the axis from ${AXIS_WORDS[axis]}`,
      ...{ 'aria-valuenow': turnDeg[axis], 'aria-valuetext': `${turnDeg[axis]} degrees` },
    });
  }

  #listen(): void {
    const { signal } = this.#stop;
    const before = { capture: true, signal };
    const element = this.#element;
    element.addEventListener('pointerdown', (event) => this.#down(event), before);
    element.addEventListener('pointermove', (event) => this.#move(event), before);
    element.addEventListener('pointerup', (event) => this.#up(event), before);
    element.addEventListener('lostpointercapture', () => this.#abandon(), { signal });
    // What the browser makes of the same press for programs that know no pointers: the viewer's tools listen to it.
    for (const name of ['mousedown', 'mousemove'] as const)
      element.addEventListener(name, (event) => this.#drag && event.stopImmediatePropagation(), before);
    // Two presses on a handle are no wish for another layout.
    element.addEventListener(
      'dblclick',
      (event) => this.#handleAt(event) && event.stopImmediatePropagation(),
      before,
    );
    window.addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'Escape' || !this.#drag) return;
        event.stopImmediatePropagation();
        this.#abandon();
      },
      before,
    );
    this.#svg.addEventListener('keydown', (event) => this.#key(event), { signal });
  }

  #pixelOf(event: MouseEvent, viewport: VolumeViewport): Pixel {
    const { left, top } = viewport.canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  #handleAt(event: MouseEvent): Handle | null {
    const viewport = this.#viewport();
    return viewport && this.#ring && handleAt(this.#ring, this.#pixelOf(event, viewport));
  }

  #down(event: PointerEvent): void {
    const viewport = this.#viewport();
    if (event.button !== 0 || event.pointerType === 'touch' || !viewport || !this.#ring || !this.#pose)
      return;
    const at = this.#pixelOf(event, viewport);
    const handle = handleAt(this.#ring, at);
    if (!handle) return;
    // Ends here for the viewer's tools: without this the browser goes on to tell of a mouse.
    event.preventDefault();
    this.#parts[handle].focus({ preventScroll: true });
    this.#element.setPointerCapture(event.pointerId);
    const from = viewport.canvasToWorld([...at]) as PointLps;
    this.#drag = { handle, from, at, pose: this.#pose, pointer: event.pointerId, begun: false };
  }

  #move(event: PointerEvent): void {
    const viewport = this.#viewport();
    const drag = this.#drag;
    if (!drag || !viewport || event.pointerId !== drag.pointer) return;
    const at = this.#pixelOf(event, viewport);
    if (!drag.begun) {
      if (Math.hypot(at[0] - drag.at[0], at[1] - drag.at[1]) < DRAG_PIXELS) return;
      if (!this.#events.begin()) {
        this.#drag = null;
        return;
      }
      drag.begun = true;
    }
    this.#events.to(draggedTo(drag, viewport.canvasToWorld([...at]) as PointLps, viewport));
  }

  #up(event: PointerEvent): void {
    const drag = this.#drag;
    if (!drag || event.pointerId !== drag.pointer) return;
    this.#drag = null;
    this.#element.releasePointerCapture(event.pointerId);
    if (drag.begun) this.#events.end();
  }

  #abandon(): void {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    if (this.#element.hasPointerCapture(drag.pointer)) this.#element.releasePointerCapture(drag.pointer);
    if (drag.begun) this.#events.cancel();
  }

  #key(event: KeyboardEvent): void {
    const handle = (event.target as Element).getAttribute('data-handle') as Handle | null;
    const arrow = ARROWS[event.key];
    const viewport = this.#viewport();
    if (!handle || !arrow || !viewport || !this.#pose || event.ctrlKey || event.altKey || event.metaKey)
      return;
    // The viewer's own arrow keys go through slices.
    event.preventDefault();
    event.stopPropagation();
    const step = STEPS[handle][event.shiftKey ? 1 : 0];
    this.#events.nudge(nudged(handle, this.#pose, arrow, step, viewport));
  }
}

const away = (radius: number): number => radius + KNOB_AWAY;

function place(element: SVGElement, where: Attributes): void {
  for (const [name, value] of Object.entries(where))
    element.setAttribute(name, typeof value === 'number' ? value.toFixed(1) : value);
}

/** Null where the nodule does not reach the plane. */
function ringOf({ place: at, diameterMm, turnDeg }: Pose, viewport: VolumeViewport): RingOnScreen | null {
  const plane = planeOf(viewport);
  const inPlane = ballOnPlane(at, diameterMm, plane);
  if (inPlane === null) return null;
  const pixel = (point: PointLps): Pixel => viewport.worldToCanvas([...point]) as [number, number];
  const up = viewport.getCamera().viewUp as PointLps;
  const centre = pixel(at);
  const rim = pixel(add(at, scale(up, inPlane)));
  const radius = Math.hypot(rim[0] - centre[0], rim[1] - centre[1]) + RING_GAP;
  // The knob stands above an unturned nodule, and goes round with it.
  const axis = axisAlong(plane.normal);
  const pointing = pixel(add(at, applied(turnAbout(axis, turnDeg[axis]), up)));
  const reach = Math.hypot(pointing[0] - centre[0], pointing[1] - centre[1]) || 1;
  const knob = ([0, 1] as const).map(
    (n) => centre[n] + ((pointing[n] - centre[n]) / reach) * away(radius),
  ) as unknown as Pixel;
  return { centre, radius, knob };
}

function draggedTo({ handle, pose, from }: Drag, to: PointLps, viewport: VolumeViewport): Pose {
  if (handle === 'move') return { ...pose, place: add(pose.place, subtract(to, from)) };
  const { normal, point } = planeOf(viewport);
  const height = dot(subtract(pose.place, point), normal);
  const middle = subtract(pose.place, scale(normal, height));
  if (handle === 'size') {
    const pulled = distance(to, middle) - distance(from, middle);
    return { ...pose, diameterMm: pulledDiameter(pose.diameterMm, height, pulled) };
  }
  const axis = axisAlong(normal);
  const turned = angleBetween(subtract(from, middle), subtract(to, middle), axis);
  return { ...pose, turnDeg: turnedFurther(pose.turnDeg, axis, turned) };
}

function nudged(
  handle: Handle,
  pose: Pose,
  [x, y]: readonly [number, number],
  step: number,
  viewport: VolumeViewport,
): Pose {
  if (handle === 'move') {
    const along = subtract(
      viewport.canvasToWorld([x, y]) as PointLps,
      viewport.canvasToWorld([0, 0]) as PointLps,
    );
    return { ...pose, place: add(pose.place, scale(normalise(along), step)) };
  }
  const sign = x - y;
  if (handle === 'size') return { ...pose, diameterMm: pose.diameterMm + sign * step };
  const axis = axisAlong(planeOf(viewport).normal);
  return { ...pose, turnDeg: turnedFurther(pose.turnDeg, axis, sign * step) };
}
