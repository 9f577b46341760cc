/** Eyes for the volume rendering: how much of it is lit, and a fingerprint of its picture. */
import type { ViewerPage } from '../support/browser.ts';

export interface Rendering {
  /** Part of the picture that is not background. */
  readonly lit: number;
  readonly picture: string;
}

export function renderingOf({ page }: ViewerPage): Promise<Rendering> {
  return page.evaluate(() => {
    const { services } = window as unknown as {
      services: {
        cornerstoneViewportService: {
          getCornerstoneViewport(id: string): { canvas: HTMLCanvasElement } | undefined;
        };
      };
    };
    const canvas = services.cornerstoneViewportService.getCornerstoneViewport('nodulelab-3d')?.canvas;
    if (!canvas || canvas.width === 0) return { lit: 0, picture: '' };
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let [lit, hash] = [0, 0];
    for (let n = 0; n < data.length; n += 4) {
      const bright = data[n]! + data[n + 1]! + data[n + 2]!;
      if (bright > 60) lit++;
      hash = (Math.imul(hash, 31) + bright) | 0;
    }
    return { lit: lit / (canvas.width * canvas.height), picture: String(hash) };
  });
}
