/** Faults of an attribute network that its data and its figures show, in words for its card. */
import { CHARACTERISTICS } from '../../networks/attributeArchitecture.ts';
import type { CardFigure } from '../../networks/networkCard.ts';
import { commonestShare, LITTLE_SUPPORT } from './attributeFigures.ts';
import type { AttributeSets } from './attributeSets.ts';

/** Below this share of what readers agree in, the network follows a characteristic badly. */
const WEAK = 0.75;

export function attributeFaults(
  { shown, manifest }: AttributeSets,
  figures: readonly CardFigure[],
): string[] {
  const rated = shown.flatMap(({ nodule }) => nodule.characteristics ?? []);
  const little = CHARACTERISTICS.filter(
    (name) => commonestShare(rated.map((characteristics) => characteristics[name])) >= LITTLE_SUPPORT,
  );
  const weak = CHARACTERISTICS.filter((name) => {
    const found = figures.find(({ what }) => what === `${name}: Spearman`);
    return (
      !little.includes(name) &&
      found?.ceiling !== undefined &&
      found.ceiling !== null &&
      (found.value ?? 0) < WEAK * found.ceiling
    );
  });
  const doubtful = shown.filter(({ nodule }) => nodule.flags.includes('scale-in-doubt')).length;
  return [
    ...(little.length === 0
      ? []
      : [`Nearly all training nodules have the same ${listed(little)}: what it says of that means little.`]),
    ...(weak.length === 0
      ? []
      : [`It follows ${listed(weak)} less than three quarters as well as one reader follows another.`]),
    ...(doubtful === 0
      ? []
      : [
          `${doubtful} training nodules are of the first release, in whose cases spiculation and lobulation may stand on a reversed scale; they count half there.`,
        ]),
    ...(manifest.form === 'isolated'
      ? ['It knows isolated nodules only: of a patch with its surroundings its answers mean nothing.']
      : []),
    'Malignancy and the classes are what readers thought, not pathology.',
    'The size of a nodule enters its answers through the field of view: at fixed size it separates less than over all sizes.',
  ];
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
