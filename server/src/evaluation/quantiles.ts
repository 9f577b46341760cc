/** Distribution functions that intervals are read off. */

const { abs, exp, log, PI, sin, sqrt } = Math;

/** ln Γ(x), x > 0 (Lanczos 1964 with g = 7; 15 digits). */
export function logGamma(x: number): number {
  const COEFFICIENTS = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return log(PI / sin(PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const t = z + 7.5;
  let sum = COEFFICIENTS[0]!;
  for (let i = 1; i < COEFFICIENTS.length; i++) sum += COEFFICIENTS[i]! / (z + i);
  return 0.5 * log(2 * PI) + (z + 0.5) * log(t) - t + log(sum);
}

/** The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (DLMF 8.17.22). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log(1 - x)) / a;
  const TINY = 1e-300;
  let [c, d] = [1, 1 - ((a + b) * x) / (a + 1)];
  d = 1 / (abs(d) < TINY ? TINY : d);
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let change = 1;
    for (const term of [even, odd]) {
      d = 1 + term * d;
      d = 1 / (abs(d) < TINY ? TINY : d);
      c = 1 + term / c;
      if (abs(c) < TINY) c = TINY;
      change = c * d;
      fraction *= change;
    }
    if (abs(change - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** P(T ≤ t) of Student's t. */
export function studentCdf(t: number, freedom: number): number {
  const tail = 0.5 * incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

/** t with P(T ≤ t) = p. */
export const studentQuantile = (p: number, freedom: number): number =>
  p > 0.5 ? -inverse((t) => studentCdf(t, freedom), 1 - p) : inverse((t) => studentCdf(t, freedom), p);

/** P(Z ≤ z) of the standard normal. */
export function normalCdf(z: number): number {
  // erfc by the incomplete gamma function Q(1/2, z²/2): its series near 0, its continued fraction further out.
  const x = (z * z) / 2;
  let tail: number;
  if (x < 1.5) {
    let [term, sum] = [2, 2];
    for (let n = 1; n < 200 && abs(term) > 1e-17 * sum; n++) {
      term *= x / (n + 0.5);
      sum += term;
    }
    tail = 0.5 * (1 - (sum * exp(-x) * sqrt(x)) / sqrt(PI));
  } else {
    let fraction = 0;
    for (let n = 200; n >= 1; n--) fraction = (n * (n - 0.5)) / (x + 2 * n + 0.5 - fraction);
    tail = (0.5 * exp(-x) * sqrt(x)) / (sqrt(PI) * (x + 0.5 - fraction));
  }
  return z > 0 ? 1 - tail : tail;
}

/** z with P(Z ≤ z) = p. */
export const normalQuantile = (p: number): number =>
  p > 0.5 ? -inverse(normalCdf, 1 - p) : inverse(normalCdf, p);

/** Where an increasing distribution function reaches p ≤ 0.5, by bisection between 0 and the far left. */
function inverse(cdf: (x: number) => number, p: number): number {
  let [low, high] = [-1, 0];
  while (cdf(low) > p) low *= 2;
  for (let step = 0; step < 200 && high - low > 1e-14 * abs(low); step++) {
    const middle = (low + high) / 2;
    if (cdf(middle) > p) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
