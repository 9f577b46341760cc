/**
 * What a synthetic nodule stands for: the size and class, and for a conditional model the characteristics, of one real
 * nodule of the set. They are drawn together, so that sizes and characteristics go together as they really do.
 */
import type { Characteristics, CtEnds, RealPatch } from '../../dataset/manifest.ts';
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export type ConditionName = keyof Characteristics | 'diameterMm';
export type Conditions = Readonly<Record<string, number>>;

export interface DrawnNodule {
  /** Largest in-plane diameter, mm. */
  readonly diameterMm: number;
  /** What a conditional model is asked for; empty for an unconditional one. */
  readonly conditions: Conditions;
  readonly class: RealPatch['class'];
  /** Where that nodule's CT ends; undefined where it goes beyond the patch. */
  readonly ctEnds: CtEnds | undefined;
}

type Donor = Pick<RealPatch, 'diameterMm' | 'characteristics' | 'class' | 'ctEnds'>;

/**
 * @param real the nodules to draw from, for example the malignant ones
 * @param names conditions that the model takes
 * @returns the nodule that sample `index` of the series `seed` stands for
 * @throws NoduleLabError `unusable` where no real nodule has characteristics and the model asks for some
 */
export function noduleDrawer(
  real: readonly Donor[],
  names: readonly ConditionName[],
): (seed: number, index: number) => DrawnNodule {
  const rated = names.some((name) => name !== 'diameterMm');
  const donors = rated ? real.filter(({ characteristics }) => characteristics !== null) : real;
  if (donors.length === 0)
    throw new NoduleLabError(
      'unusable',
      'The model asks for characteristics, and no nodule of the set that it may stand for has any: build the set from a source with ratings.',
    );
  return (seed, index) => {
    const donor = donors[Random.of('balance', seed, index).integer(donors.length)]!;
    const valueOf = (name: ConditionName): number =>
      name === 'diameterMm' ? donor.diameterMm : donor.characteristics![name];
    return {
      diameterMm: donor.diameterMm,
      conditions: Object.fromEntries(names.map((name) => [name, valueOf(name)])),
      class: donor.class,
      ctEnds: donor.ctEnds,
    };
  };
}
