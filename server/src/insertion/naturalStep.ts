/** The step that a soft border makes by itself where it begins: small on fine pixels, plain to see on coarse ones. */
import { fadedIn, NEGLIGIBLE_HU } from './blend.ts';
import { normalCdf, normalQuantile } from './gaussianEdge.ts';

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { min } = Math;

/** Phases of the pixel grid and directions of the border that the mean is taken over, each. */
const PARTS = 8;

/**
 * Mean step from the last unchanged pixel to the first changed one, HU, of a border that is a Gaussian-blurred step.
 *
 * A border counts as changed from where it adds NEGLIGIBLE_HU on, and fades in from there. How far behind that point the next pixel lies depends
 * on the grid's phase (any is alike) and on the angle between border and row: rows cross a border the more often the
 * steeper they meet it, so an angle weighs its cosine.
 *
 * @param contrastHu height of the whole step
 * @param sigmaMm of the blur
 * @param pixelMm distance of neighbours
 */
export function naturalStep(contrastHu: number, sigmaMm: number, pixelMm: number): number {
  if (!(contrastHu > 2 * NEGLIGIBLE_HU)) return 0;
  const begin = normalQuantile(NEGLIGIBLE_HU / contrastHu);
  let sum = 0;
  let weights = 0;
  for (let a = 0; a < PARTS; a++) {
    const cosine = (a + 0.5) / PARTS;
    for (let p = 0; p < PARTS; p++) {
      const behind = (((p + 0.5) / PARTS) * cosine * pixelMm) / sigmaMm;
      sum += cosine * fadedIn(contrastHu * min(1, normalCdf(begin + behind)));
      weights += cosine;
    }
  }
  return sum / weights;
}
