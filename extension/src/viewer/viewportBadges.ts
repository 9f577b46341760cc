/** SYNTHETIC on every viewport that shows a synthetic series, whichever viewport is the active one and of whatever kind. */
import type { DisplaySet, Services } from '../ohif.ts';
import { isMarkedSynthetic } from './syntheticMark.ts';

const LOOK =
  'position:absolute;left:50%;transform:translateX(-50%);padding:1px 8px;border-radius:4px;font:600 11px/18px Inter,system-ui,sans-serif;letter-spacing:.08em;color:#0b0f19;background:#c084fc;pointer-events:none;z-index:2;white-space:nowrap';
const TOP = 30;
/** Below the badge of a preview: what is previewed in a synthetic CT is both. */
const BELOW_PREVIEW = 54;

export class ViewportBadges {
  readonly #services: Services;
  readonly #badges = new Map<HTMLElement, HTMLElement>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** @param previewed a badge of a preview is shown above */
  show(previewed: boolean): void {
    const { viewportGridService, cornerstoneViewportService, displaySetService } = this.#services;
    const marked = new Set<HTMLElement>();
    for (const [id, { displaySetInstanceUIDs }] of viewportGridService.getState().viewports) {
      const shown = (displaySetInstanceUIDs ?? []).map((uid) => displaySetService.getDisplaySetByUID(uid));
      const element = cornerstoneViewportService.getCornerstoneViewport(id)?.element;
      if (element && shown.some((one: DisplaySet | undefined) => one && isMarkedSynthetic(one)))
        marked.add(element);
    }
    for (const [element, badge] of this.#badges)
      if (!marked.has(element) || badge.parentElement !== element) {
        badge.remove();
        this.#badges.delete(element);
      }
    for (const element of marked) this.#badgeOf(element).style.top = `${previewed ? BELOW_PREVIEW : TOP}px`;
  }

  remove(): void {
    for (const badge of this.#badges.values()) badge.remove();
    this.#badges.clear();
  }

  #badgeOf(element: HTMLElement): HTMLElement {
    const known = this.#badges.get(element);
    if (known) return known;
    const badge = document.createElement('div');
    badge.dataset['nodulelab'] = 'badge';
    badge.setAttribute('role', 'status');
    badge.style.cssText = LOOK;
    badge.textContent = 'SYNTHETIC';
    element.append(badge);
    this.#badges.set(element, badge);
    return badge;
  }
}
