/** SVG by hand, and what rings look like. */

const SVG = 'http://www.w3.org/2000/svg';

export type Attributes = Readonly<Record<string, string | number>>;

export function shape(name: string, attributes: Attributes): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

export const RING_COLOURS = {
  candidate: '#5acce6',
  refused: '#f87171',
  synthetic: '#c084fc',
  removed: '#fb923c',
} as const;
/** Pixels between a nodule and its ring. */
export const RING_GAP = 4;
