/** How long a running job will still take, by how fast it went so far. */

/** Before this much of the work, or of time, a guess would jump about. */
const LEAST_FRACTION = 0.03;
const LEAST_MS = 2_000;

/**
 * Whole seconds; undefined while nothing can be said. Steady progress is assumed from the job's begin on: what a job
 * does first counts like the rest.
 * @param fraction of the work that is done, 0 to 1
 * @param elapsedMs since the job began
 */
export function secondsLeft(fraction: number, elapsedMs: number): number | undefined {
  if (fraction < LEAST_FRACTION || fraction >= 1 || elapsedMs < LEAST_MS) return undefined;
  return Math.ceil(((elapsedMs / fraction) * (1 - fraction)) / 1000);
}
