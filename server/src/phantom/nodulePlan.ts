/** Which nodules the phantom holds: one of each kind that the LIDC characteristics tell apart. */
import type { Characteristics } from '../lidc/xml.ts';

export type NoduleSetting = 'isolated' | 'juxta-pleural' | 'vessel-attached';

export interface NoduleSpec {
  readonly name: string;
  readonly diameterMm: number;
  readonly setting: NoduleSetting;
  /** What an ideal reader would rate. */
  readonly characteristics: Characteristics;
  /** How many of the four readers mark it as a nodule of 3 mm or more. */
  readonly readers: 1 | 2 | 3 | 4;
}

const typical: Characteristics = {
  subtlety: 5,
  internalStructure: 1,
  calcification: 6,
  sphericity: 4,
  margin: 4,
  lobulation: 1,
  spiculation: 1,
  texture: 5,
  malignancy: 3,
};

function spec(
  name: string,
  diameterMm: number,
  setting: NoduleSetting,
  readers: NoduleSpec['readers'],
  differs: Partial<Characteristics>,
): NoduleSpec {
  return { name, diameterMm, setting, readers, characteristics: { ...typical, ...differs } };
}

const spiculated = spec('solid spiculated', 22, 'isolated', 4, {
  spiculation: 5,
  lobulation: 3,
  sphericity: 3,
  margin: 2,
  malignancy: 5,
});
const lobulated = spec('solid lobulated', 15, 'isolated', 4, {
  lobulation: 5,
  spiculation: 2,
  sphericity: 3,
  malignancy: 4,
});
const partSolid = spec('part-solid', 18, 'isolated', 4, {
  texture: 3,
  spiculation: 3,
  lobulation: 2,
  margin: 2,
  subtlety: 4,
  malignancy: 4,
});
const groundGlass = spec('ground glass', 14, 'isolated', 3, {
  texture: 1,
  margin: 2,
  subtlety: 2,
  malignancy: 3,
});
const pleural = spec('solid on the pleura', 12, 'juxta-pleural', 4, { margin: 5, malignancy: 3 });

/** A dozen nodules for the demo study. */
export const DEMO_NODULES: readonly NoduleSpec[] = [
  spiculated,
  lobulated,
  partSolid,
  groundGlass,
  pleural,
  spec('spiculated on the pleura', 20, 'juxta-pleural', 4, {
    spiculation: 4,
    lobulation: 4,
    margin: 2,
    sphericity: 3,
    malignancy: 5,
  }),
  spec('cavitated', 16, 'isolated', 4, { internalStructure: 4, lobulation: 2, margin: 3, malignancy: 4 }),
  spec('solid smooth', 9, 'isolated', 4, { sphericity: 5, margin: 5, malignancy: 2 }),
  spec('calcified', 7, 'isolated', 4, { calcification: 3, sphericity: 5, margin: 5, malignancy: 1 }),
  spec('part-solid on a vessel', 11, 'vessel-attached', 3, {
    texture: 3,
    lobulation: 3,
    margin: 3,
    subtlety: 3,
    malignancy: 4,
  }),
  spec('solid on a vessel', 7, 'vessel-attached', 3, { subtlety: 3, malignancy: 2 }),
  spec('small ground glass', 8, 'isolated', 2, { texture: 1, margin: 1, subtlety: 1, malignancy: 3 }),
];

/** Four of them for the small phantom of the tests. */
export const SMALL_NODULES: readonly NoduleSpec[] = [lobulated, partSolid, groundGlass, pleural];
