/** How long a stage will still take, from how long it took so far. */

/** @param now ms */
export function timeLeft(now: () => number): (fraction: number) => string {
  let first: { readonly at: number; readonly fraction: number } | undefined;
  return (fraction) => {
    first ??= { at: now(), fraction };
    const done = fraction - first.fraction;
    if (done <= 0 || fraction >= 1) return '';
    return `, ${duration((((now() - first.at) / done) * (1 - fraction)) / 1000)} left`;
  };
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
