const { max, min, sqrt } = Math;

/**
 * The interval of a share (Wilson 1927): inside 0 to 1, and of some width even where all trials end alike.
 *
 * @param z of the normal distribution, 1.96 for 95 %
 */
export function wilson(share: number, trials: number, z: number): [number, number] {
  const centre = (share + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const reach =
    (z * sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials))) / (1 + (z * z) / trials);
  // Rounding must not put the share itself outside.
  return [min(share, max(0, centre - reach)), max(share, min(1, centre + reach))];
}
