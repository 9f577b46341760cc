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

/** An option that may be given several times: the values in their order. */
export const repeated =
  <T>(parse: (text: string) => T) =>
  (text: string, earlier: readonly T[] | undefined): T[] => [...(earlier ?? []), parse(text)];

/** `x,y,z` in degrees. */
export function angles(text: string): [number, number, number] {
  const parts = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [x, y, z] = parts;
  if (parts.length !== 3 || !parts.every(Number.isFinite))
    throw new InvalidArgumentError('three angles x,y,z in degrees, about the L, P and S axes');
  return [x!, y!, z!];
}

export function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`a number from ${least} to ${most}`);
    return value;
  };
}

/** A place as it is written; what three numbers alone are depends on the host. */
export type PlaceOption = 'auto' | { readonly frame: 'lps' | 'ijk' | 'plain'; readonly at: Vec3 };

/** `x,y,z`, `lps:x,y,z` (mm), `ijk:i,j,k` (voxels from 0), or `auto`. */
export function place(text: string): PlaceOption {
  if (text === 'auto') return 'auto';
  const frame = /^(lps|ijk):/.exec(text)?.[1] as 'lps' | 'ijk' | undefined;
  const parts = (frame === undefined ? text : text.slice(4)).split(',');
  const [x, y, z] = parts.map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (
    x === undefined ||
    y === undefined ||
    z === undefined ||
    parts.length !== 3 ||
    ![x, y, z].every(Number.isFinite)
  )
    throw new InvalidArgumentError(
      'three numbers x,y,z, or lps:x,y,z in mm, or ijk:i,j,k in voxels, or auto',
    );
  return { frame: frame ?? 'plain', at: [x, y, z] };
}
