/** Adherence as figures, so that a gate judges it, a card shows it, and each says what exactly was computed. */
import { NOT_ASKED } from './adherence.ts';
import { attributeWord } from './attributeWords.ts';
import type { Adherence, Figure } from './result.ts';

const SIZES: Readonly<Record<string, readonly [title: string, definition: string]>> = {
  diameter: [
    'Diameter on the patch, median relative error',
    'Median of |found − asked| / asked: asked is the largest in-plane diameter that the generator was given, found is the longest line in a slice between two voxels of the patch above half maximum, in the spacing of the patch.',
  ],
  insertedDiameter: [
    'Diameter in a CT, median relative error',
    'Median of |found − asked| / asked after insertion into host CTs at the diameter asked for: found is the diameter of the ball whose volume the host’s voxels above half maximum have, noise and vessels included, read from the written voxels and not by the insertion itself.',
  ],
  insertedLargest: [
    'Largest diameter in a CT, median relative error',
    'As the diameter in a CT, with the largest in-plane diameter of the same voxels: what a reader would measure. Insertion makes the volume that of a ball of the diameter asked for, so nodules that are not round are longer than asked.',
  ],
};

const DENSITY =
  'Spearman’s correlation between the texture asked for (1 ground glass to 5 solid) and the mean HU above half maximum, the ranks of the diameter held fixed (Kendall and Stuart); no network takes part.';

const PREDICTED = (name: string): string =>
  `Spearman’s correlation between the ${name} asked for and the ${name} that the attribute network reads from the patch, the ranks of the diameter held fixed (Kendall and Stuart). The network never saw these patients and no generator was trained by it; beside it stands its correlation with the readers on held-out nodules. A generator that shows what it is asked for more plainly than real nodules do can pass that.`;

export const adherenceKey = ({ attribute }: Pick<Adherence, 'attribute'>): string => `adherence/${attribute}`;

/** One figure for each row that the generator was asked about; none for a generator that was asked for nothing. */
export function adherenceFigures(rows: readonly Adherence[], asked: boolean): Figure[] {
  if (!asked) return [];
  return rows
    .filter(({ notComputed }) => notComputed !== NOT_ASKED)
    .map((row): Figure => {
      const { attribute, measured, ceiling, chance, n, ceilingN = 0, notComputed } = row;
      const [title, definition] =
        SIZES[attribute] ??
        (attribute === 'textureHu'
          ? ['Texture by mean HU, partial Spearman', DENSITY]
          : [`${capital(attributeWord(attribute))}, partial Spearman`, PREDICTED(attributeWord(attribute))]);
      return {
        ...{ key: adherenceKey(row), title, definition, unit: '' },
        better: attribute in SIZES ? 'lower' : 'higher',
        ...{ space: null, view: null, measured, floor: ceiling, bad: chance },
        n: { real: ceilingN, synthetic: n },
        notComputed,
      };
    });
}

/** The same figures of a set that is asked for nothing, as controls are. */
export const unasked = (figures: readonly Figure[]): Figure[] =>
  figures.map((figure) => ({
    ...figure,
    ...{ measured: null, bad: null, n: { ...figure.n, synthetic: 0 } },
    notComputed: 'A control is asked for nothing.',
  }));

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
