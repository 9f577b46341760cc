/**
 * The badge on every thumbnail of a synthetic series. The study browser is the viewer's own and draws itself anew when it
 * likes; rules of a style sheet hold all the same, and what they add is read to the blind with the button's name.
 */
import type { DisplaySet } from '../ohif.ts';
import { isMarkedSynthetic } from './syntheticMark.ts';

const BADGE =
  "content: 'SYNTHETIC'; position: absolute; top: 6px; left: 6px; padding: 0 6px; border-radius: 3px; font: 700 10px/16px Inter, system-ui, sans-serif; letter-spacing: .06em; color: #0b0f19; background: #c084fc; pointer-events: none; z-index: 1;";
/** In the list of small entries the left holds the modality. */
const IN_LIST = 'top: auto; left: auto; right: 6px; bottom: 2px;';

/** The viewer names a thumbnail after its entry. */
const thumbnail = (uid: string): string => `[id="thumbnail-${uid.replace(/["\\]/g, '\\$&')}"]`;

/** The style sheet for what is listed; empty where nothing is synthetic. */
export function thumbnailRules(listed: readonly DisplaySet[]): string {
  const marked = listed
    .filter(isMarkedSynthetic)
    .map(({ displaySetInstanceUID }) => thumbnail(displaySetInstanceUID));
  if (marked.length === 0) return '';
  const each = (suffix: string): string => marked.map((one) => `${one}${suffix}`).join(', ');
  return [
    `${each('')} { position: relative; }`,
    `${each('::after')} { ${BADGE} }`,
    `${each('[class*="h-[40px]"]::after')} { ${IN_LIST} }`,
  ].join('\n');
}

export class ThumbnailBadges {
  #style: HTMLStyleElement | null = null;

  show(listed: readonly DisplaySet[]): void {
    const rules = thumbnailRules(listed);
    if (!this.#style) {
      this.#style = document.createElement('style');
      this.#style.dataset['nodulelab'] = 'thumbnail-badges';
      document.head.append(this.#style);
    }
    if (this.#style.textContent !== rules) this.#style.textContent = rules;
  }

  remove(): void {
    this.#style?.remove();
    this.#style = null;
  }
}
