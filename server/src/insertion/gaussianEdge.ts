/** The step that a Gaussian point spread makes of a sharp border: its shape, and its sigma from differences. */

// Bound once: in a VM context every look-up of a global costs as much as the arithmetic around it.
const { abs, exp, log, sqrt } = Math;

/** Standard normal distribution function to 1e-7 (Abramowitz and Stegun, 26.2.17). */
export function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * abs(x));
  const tail =
    (exp(-(x * x) / 2) / sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x > 0 ? 1 - tail : tail;
}

/** Inverse of the normal distribution function for p in (0, 1), to 5e-4 (Abramowitz and Stegun, 26.2.23). */
export function normalQuantile(p: number): number {
  if (p === 0.5) return 0;
  const t = sqrt(-2 * log(p < 0.5 ? p : 1 - p));
  const x =
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return p < 0.5 ? -x : x;
}

/**
 * Sigma of a blurred step from the share of its height that lies between two points at equal distances before and
 * behind its middle. Unlike a slope, this does not take the distance between the points for blur.
 */
export function sigmaOfStep(share: number, distance: number): number {
  if (share <= 0) return Infinity;
  if (share >= 0.999) return distance / normalQuantile(0.9995);
  return distance / normalQuantile((1 + share) / 2);
}
