/** Lays a guard map over one viewport, and says in words what is under the pointer. */
import type { PointLps } from '@nodulelab/contract';
import { labelAt, type LabelMap, samplePlane } from '../geometry/labelPlane.ts';
import { scale, subtract } from '../geometry/vector.ts';
import type { VolumeViewport } from '../ohif.ts';
import { guardSentence, paintLabels } from '../state/guardLook.ts';

/** CSS pixels a sample, at the least: the map is coarser than this at any usual zoom. */
const FINEST = 2;
/** More samples than this would be felt while scrolling on a large screen. */
const MOST_SAMPLES = 200_000;

export class GuardCanvas {
  readonly #canvas = document.createElement('canvas');
  readonly #words = document.createElement('div');
  #map: LabelMap | null = null;
  /** What was drawn last: the same is not drawn again. */
  #drawn = '';
  #labels = new Uint8Array(0);
  #image = new ImageData(1, 1);

  constructor(element: HTMLDivElement) {
    this.#canvas.dataset['nodulelab'] = 'guard';
    this.#canvas.setAttribute('aria-hidden', 'true');
    this.#canvas.style.cssText =
      'position:absolute;inset:0;width:100%;height:100%;pointer-events:none;z-index:1';
    this.#words.dataset['nodulelab'] = 'guard-words';
    this.#words.style.cssText =
      'position:absolute;bottom:34px;left:50%;transform:translateX(-50%);padding:1px 8px;border-radius:4px;font:500 12px/20px Inter,system-ui,sans-serif;color:#f8fafc;background:rgba(4,10,24,.82);pointer-events:none;z-index:2;white-space:nowrap';
    this.#canvas.hidden = true;
    this.#words.hidden = true;
    element.append(this.#canvas, this.#words);
  }

  remove(): void {
    this.#canvas.remove();
    this.#words.remove();
  }

  /** @param map null to show nothing */
  draw(map: LabelMap | null, viewport: VolumeViewport): void {
    if (!map) {
      this.#hide();
      return;
    }
    const { clientWidth, clientHeight } = viewport.canvas;
    const sample = Math.max(FINEST, Math.ceil(Math.sqrt((clientWidth * clientHeight) / MOST_SAMPLES)));
    const width = Math.ceil(clientWidth / sample);
    const height = Math.ceil(clientHeight / sample);
    if (width === 0 || height === 0) return;
    const at = (x: number, y: number): PointLps => viewport.canvasToWorld([x, y]) as PointLps;
    const corner = at(0, 0);
    const [far, low] = [at(clientWidth, 0), at(0, clientHeight)];
    const key = [width, height, ...corner, ...far, ...low].join(' ');
    if (map === this.#map && key === this.#drawn) return;
    this.#map = map;
    this.#drawn = key;
    const right = scale(subtract(far, corner), sample / clientWidth);
    const down = scale(subtract(low, corner), sample / clientHeight);
    const half = (axis: 0 | 1 | 2): number => corner[axis] + (right[axis] + down[axis]) / 2;
    if (this.#image.width !== width || this.#image.height !== height) {
      this.#image = new ImageData(width, height);
      this.#labels = new Uint8Array(width * height);
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    const plane = { origin: [half(0), half(1), half(2)] as PointLps, right, down };
    samplePlane(map, plane, width, height, this.#labels);
    paintLabels(this.#labels, width, new Uint32Array(this.#image.data.buffer));
    // Whole samples: the last ones may reach over the edge.
    this.#canvas.style.width = `${width * sample}px`;
    this.#canvas.style.height = `${height * sample}px`;
    this.#canvas.getContext('2d')?.putImageData(this.#image, 0, 0);
    this.#canvas.hidden = false;
  }

  /** Says what the map holds at a point; null when the pointer has left. */
  point(at: PointLps | null): void {
    this.#words.hidden = !this.#map || !at;
    if (this.#map && at) this.#words.textContent = guardSentence(labelAt(this.#map, at));
  }

  #hide(): void {
    this.#map = null;
    this.#drawn = '';
    this.#canvas.hidden = true;
    this.#words.hidden = true;
  }
}
