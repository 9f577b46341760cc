/** Times that the browser's own tools show and tests read: what the server takes and what painting takes, apart. */

export const TIMES = {
  server: 'nodulelab:preview-server',
  paint: 'nodulelab:preview-paint',
  drag: 'nodulelab:drag-paint',
} as const;
export type TimeName = (typeof TIMES)[keyof typeof TIMES];

/** The browser keeps every one until it is told not to. */
const MOST = 200;

/** @param start of `performance.now()` */
export function timed(name: TimeName, start: number): void {
  if (performance.getEntriesByName(name, 'measure').length >= MOST) performance.clearMeasures(name);
  performance.measure(name, { start, end: performance.now() });
}
