/**
 * Sets are held against each other only where their patches were cut in the same way. The channel hu is judged: a set
 * with soft masks beside it may be held against one without.
 */
import type { PatchManifest } from '../../dataset/manifest.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { fieldText } from '../balance/balanceModel.ts';
import { marginOf, marginText } from '../balance/material.ts';

export interface NamedSet {
  readonly dir: string;
  readonly manifest: PatchManifest;
}

const ASPECTS: readonly {
  readonly what: string;
  readonly of: (manifest: PatchManifest) => string;
}[] = [
  { what: 'form', of: ({ form }) => form },
  { what: 'edge', of: ({ size }) => `${size} voxels` },
  { what: 'window', of: ({ windowHu: [low, high] }) => `${low} to ${high} HU` },
  { what: 'field of view', of: ({ fieldOfView }) => fieldText(fieldOfView) },
  {
    what: 'margin of lung around the nodules',
    of: (manifest) => (manifest.form === 'context' ? 'none' : marginText(marginOf(manifest))),
  },
];

/** @throws NoduleLabError `refused`, with both sides named; `unusable` for sets that are not of isolated nodules */
export function requireComparable(real: NamedSet, other: NamedSet): void {
  const { form } = real.manifest;
  if (form !== 'isolated')
    throw new NoduleLabError(
      'unusable',
      `${real.dir} holds patches of the form ${form}: only isolated nodules can be evaluated (dataset build --form isolated).`,
      { dir: real.dir },
    );
  for (const { dir, manifest } of [real, other])
    if (!manifest.channels.includes('hu'))
      throw new NoduleLabError(
        'unusable',
        `${dir} holds ${manifest.channels.join(' and ')} and no hu: build the set again with "nodulelab dataset build".`,
        { dir },
      );
  for (const { what, of } of ASPECTS) {
    const [here, there] = [of(real.manifest), of(other.manifest)];
    if (here !== there)
      throw new NoduleLabError(
        'refused',
        `${real.dir} and ${other.dir} are not cut alike: ${what} ${here} against ${there}. Build or sample one of them again like the other.`,
        { real: real.dir, other: other.dir },
      );
  }
}
