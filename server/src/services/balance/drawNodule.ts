/**
 * What a synthetic nodule stands for: the size and class, and for a conditional model the characteristics, of one real
 * nodule of the set. They are drawn together, so that sizes and characteristics go together as they really do.
 */
import type { CtEnds, RealPatch } from '../../dataset/manifest.ts';
import { CONDITION_RANGES, type ConditionName } from '../../gan/conditions.ts';
import type { WantedConditions } from '../../gan/support.ts';
import { Random } from '../../nn/random.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export interface DrawnNodule {
  /** Largest in-plane diameter, mm; the wanted one where a diameter is wanted. */
  readonly diameterMm: number;
  /** What a conditional model is asked for; empty for an unconditional one. */
  readonly conditions: WantedConditions;
  readonly class: RealPatch['class'];
  /** Where that nodule's CT ends; undefined where it goes beyond the patch. */
  readonly ctEnds: CtEnds | undefined;
}

type Donor = Pick<RealPatch, 'diameterMm' | 'characteristics' | 'class' | 'ctEnds'>;

/**
 * @param real the nodules to draw from, for example the malignant ones
 * @param names what the model can be asked for
 * @param wanted is asked for in place of what the real nodule is
 * @returns the nodule that sample `index` of the series `seed` stands for
 * @throws NoduleLabError `unusable` where no real nodule has characteristics and the model asks for some
 */
export function noduleDrawer(
  real: readonly Donor[],
  names: readonly ConditionName[],
  wanted: WantedConditions = {},
): (seed: number, index: number) => DrawnNodule {
  const rated = names.some((name) => name !== 'diameter' && wanted[name] === undefined);
  const donors = rated ? real.filter(({ characteristics }) => characteristics !== null) : real;
  if (donors.length === 0)
    throw new NoduleLabError(
      'unusable',
      'The model asks for characteristics, and no nodule of the set that it may stand for has any: build the set from a source with ratings.',
    );
  const [least, most] = CONDITION_RANGES.diameter;
  return (seed, index) => {
    const donor = donors[Random.of('balance', seed, index).integer(donors.length)]!;
    const valueOf = (name: ConditionName): number =>
      wanted[name] ??
      (name === 'diameter'
        ? Math.min(most, Math.max(least, donor.diameterMm))
        : donor.characteristics![name]);
    return {
      diameterMm: wanted.diameter ?? donor.diameterMm,
      conditions: Object.fromEntries(names.map((name) => [name, valueOf(name)])),
      class: donor.class,
      ctEnds: donor.ctEnds,
    };
  };
}
