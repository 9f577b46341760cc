/** Eyes for the volume rendering: how much of it is lit, a fingerprint of its picture, and its brightness by cells. */
import type { ViewerPage } from '../support/browser.ts';

export interface Rendering {
  /** Part of the picture that is not background. */
  readonly lit: number;
  readonly picture: string;
  /** Mean of red, green and blue in CELLS by CELLS parts, row by row. */
  readonly cells: readonly number[];
}

export const CELLS = 15;

export function renderingOf({ page }: ViewerPage): Promise<Rendering> {
  return page.evaluate((across) => {
    const { services } = window as unknown as {
      services: {
        cornerstoneViewportService: {
          getCornerstoneViewport(id: string): { canvas: HTMLCanvasElement } | undefined;
        };
      };
    };
    const canvas = services.cornerstoneViewportService.getCornerstoneViewport('nodulelab-3d')?.canvas;
    if (!canvas || canvas.width === 0) return { lit: 0, picture: '', cells: [] };
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let [lit, hash] = [0, 0];
    const sums = new Array<number>(across * across).fill(0);
    const counts = new Array<number>(across * across).fill(0);
    for (let n = 0; n < data.length; n += 4) {
      const bright = data[n]! + data[n + 1]! + data[n + 2]!;
      if (bright > 60) lit++;
      hash = (Math.imul(hash, 31) + bright) | 0;
      const column = Math.floor((((n / 4) % canvas.width) / canvas.width) * across);
      const row = Math.floor((Math.floor(n / 4 / canvas.width) / canvas.height) * across);
      sums[row * across + column]! += bright / 3;
      counts[row * across + column]!++;
    }
    return {
      lit: lit / (canvas.width * canvas.height),
      picture: String(hash),
      cells: sums.map((sum, n) => sum / Math.max(1, counts[n]!)),
    };
  }, CELLS);
}
