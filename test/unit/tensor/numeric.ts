/** Numbers for tests: values away from the kinks of activations, and distances. */
import { evaluate } from '../../../server/src/engine/reference.ts';
import type { Tensor } from '../../../server/src/tensor/index.ts';

/** Deterministic values in ±[0.3, 1.3], different for every salt; never near 0, where divisions and kinks live. */
export function smoothValues(count: number, salt: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const phase = Math.sin(12.9898 * (i + 1) + 78.233 * (salt + 1)) * 43758.5453;
    const fraction = phase - Math.floor(phase);
    return fraction < 0.5 ? 0.3 + 2 * fraction : -(0.3 + 2 * (fraction - 0.5));
  });
}

/** Largest difference relative to the largest magnitude of the expected values. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let magnitude = 1e-12;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return Number.isNaN(difference) ? Infinity : difference / magnitude;
}

/** Elements that finite differences look at: all of a small tensor, spread evenly over a large one. */
export function probedElements(count: number, most = 32): number[] {
  const probes = Math.min(count, most);
  return Array.from({ length: probes }, (_, i) => Math.floor((i * count) / probes));
}

/** Central finite differences of a scalar with respect to the given elements of one input, in float64. */
export function numericGradient(
  loss: Tensor,
  name: string,
  feeds: Readonly<Record<string, Float64Array>>,
  elements: readonly number[],
  step = 1e-5,
): number[] {
  const at = (i: number, shift: number): number => {
    const moved = feeds[name]!.slice();
    moved[i]! += shift;
    return evaluate({ loss }, { ...feeds, [name]: moved }).loss[0]!;
  };
  return elements.map((i) => (at(i, step) - at(i, -step)) / (2 * step));
}
