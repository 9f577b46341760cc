/** Parsers of option values; a wrong one is wrong usage (exit 2) with the allowed values named. */
import { InvalidArgumentError, Option } from 'commander';
import { DEFAULT_ENGINE, ENGINE_CHOICES } from '../engine/registry.ts';
import type { Vec3 } from '../volume/ctVolume.ts';

/** Options that are each valid but do not fit together: wrong usage, exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function integer(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`a whole number from ${least} to ${most}`);
    return value;
  };
}

export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('a number above 0');
  return value;
}

/** What computes; `nodulelab doctor` says which of them work on this machine. */
export const engineOption = (): Option =>
  new Option('--engine <name>', 'what computes; auto takes onnx-cuda where it works (see doctor)')
    .choices(ENGINE_CHOICES)
    .default(DEFAULT_ENGINE);

/** `x,y,z` in LPS mm, or `auto`. */
export function place(text: string): Vec3 | 'auto' {
  if (text === 'auto') return 'auto';
  const [x, y, z, ...rest] = text.split(',').map(Number);
  if (
    x === undefined ||
    y === undefined ||
    z === undefined ||
    rest.length > 0 ||
    ![x, y, z].every(Number.isFinite)
  )
    throw new InvalidArgumentError('three numbers x,y,z in LPS mm, or auto');
  return [x, y, z];
}
