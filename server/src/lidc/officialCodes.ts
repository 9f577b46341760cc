/**
 * The nine characteristics as the official DICOM form of LIDC codes them (A. Fedorov et al., Med Phys 47(11):5953, 2020;
 * DOI 10.7937/TCIA.2018.h7umfurq): a concept each, and a code per rating. Ratings without a name of their own
 * ("2 out of 5") have a code that all characteristics share.
 */
import { isConcept, type Code } from '../dicom/contentTree.ts';
import type { MeasurementGroup } from '../dicom/structuredReport.ts';
import { CHARACTERISTICS, type Characteristic, type Characteristics } from './xml.ts';

/** Code value and coding scheme designator. */
type Pair = readonly [value: string, scheme: string];

const LIDC = '99LIDCQIICR';
const shared = (rating: number): Pair => [`00${rating}`, LIDC];
const SHARED: readonly Pair[] = [1, 2, 3, 4, 5].map(shared);

interface Coding {
  readonly concept: Pair;
  /** From rating 1 up. */
  readonly ratings: readonly Pair[];
}

const CODINGS: Readonly<Record<Characteristic, Coding>> = {
  subtlety: {
    concept: ['C45992', 'NCIt'],
    ratings: ['101', '102', '103', '104', '105'].map((value) => [value, LIDC]),
  },
  internalStructure: {
    concept: ['200', LIDC],
    // Soft tissue, fluid, fat, air.
    ratings: ['C12471', 'C25278', 'C12472', 'C73434'].map((value) => [value, 'NCIt']),
  },
  calcification: {
    concept: ['C3672', 'NCIt'],
    // Popcorn, laminated, solid, non-central, central, absent.
    ratings: [
      ['RID35453', 'RadLex'],
      ['302', LIDC],
      ['RID5741', 'RadLex'],
      ['304', LIDC],
      ['RID5827', 'RadLex'],
      ['RID28473', 'RadLex'],
    ],
  },
  sphericity: {
    concept: ['400', LIDC],
    // Linear, ovoid and round have names.
    ratings: [['RID5811', 'RadLex'], shared(2), ['RID5800', 'RadLex'], shared(4), ['RID5799', 'RadLex']],
  },
  margin: {
    concept: ['C25563', 'NCIt'],
    // Indistinct and circumscribed have names.
    ratings: [['RID5709', 'RadLex'], shared(2), shared(3), shared(4), ['RID5707', 'RadLex']],
  },
  lobulation: {
    concept: ['C62175', 'NCIt'],
    ratings: [['601', LIDC], shared(2), shared(3), shared(4), ['605', LIDC]],
  },
  spiculation: {
    concept: ['C28749', 'NCIt'],
    ratings: [['701', LIDC], shared(2), shared(3), shared(4), ['705', LIDC]],
  },
  texture: {
    concept: ['C41144', 'NCIt'],
    // Non-solid, part-solid and solid have names.
    ratings: [['RID50153', 'RadLex'], shared(2), ['RID50152', 'RadLex'], shared(4), ['RID50151', 'RadLex']],
  },
  malignancy: {
    concept: ['RID36042', 'RadLex'],
    ratings: ['901', '902', '903', '904', '905'].map((value) => [value, LIDC]),
  },
};

/**
 * The ratings of one annotation.
 *
 * @returns the nine ratings, or what keeps the group from having them
 */
export function codedRatings(
  group: Pick<MeasurementGroup, 'evaluations'>,
): { readonly ratings: Characteristics } | { readonly reason: string } {
  const ratings = new Map<Characteristic, number>();
  for (const name of CHARACTERISTICS) {
    const { concept } = CODINGS[name];
    const found = group.evaluations.filter((evaluation) => isConcept(evaluation.concept, ...concept));
    const [evaluation] = found;
    if (evaluation === undefined) return { reason: `${name} is not rated` };
    const values = new Set(found.map(({ value }) => ratingOf(name, value)));
    if (values.size > 1) return { reason: `${name} is rated twice, and not alike` };
    const rating = ratingOf(name, evaluation.value);
    if (rating === undefined)
      return { reason: `${name} is rated with an unknown code ${textOf(evaluation.value)}` };
    ratings.set(name, rating);
  }
  return { ratings: Object.fromEntries(ratings) as Record<Characteristic, number> };
}

function ratingOf(name: Characteristic, code: Code): number | undefined {
  const { ratings } = CODINGS[name];
  const own = ratings.findIndex((pair) => isConcept(code, ...pair));
  const at =
    own >= 0 || ratings.length !== SHARED.length ? own : SHARED.findIndex((pair) => isConcept(code, ...pair));
  return at < 0 ? undefined : at + 1;
}

function textOf({ value, scheme, meaning }: Code): string {
  return `(${value}, ${scheme}, "${meaning}")`;
}

/** The name of each concept, as the official reports have it. */
const CONCEPT_MEANINGS: Readonly<Record<Characteristic, string>> = {
  subtlety: 'Subtlety score',
  internalStructure: 'Internal structure',
  calcification: 'Calcification',
  sphericity: 'Sphericity',
  margin: 'Margin',
  lobulation: 'Lobular Pattern',
  spiculation: 'Spiculation',
  texture: 'Texture',
  malignancy: 'Malignancy',
};

/** What the ratings mean, from 1 up; null where the code says no more than the number. */
const RATING_MEANINGS: Readonly<Record<Characteristic, readonly (string | null)[]>> = {
  subtlety: ['Extremely Subtle', 'Moderately Subtle', 'Fairly Subtle', 'Moderately Obvious', 'Obvious'],
  internalStructure: ['Soft tissue', 'Fluid', 'Fat', 'Air'],
  calcification: ['Popcorn', 'Laminated', 'Solid', 'Non-central', 'Central', 'Absent'],
  sphericity: ['linear', null, 'ovoid', null, 'round'],
  margin: ['indistinct', null, null, null, 'circumscribed'],
  lobulation: ['No lobulation', null, null, null, 'Marked lobulation'],
  spiculation: ['No spiculation', null, null, null, 'Marked spiculation'],
  texture: ['non-solid', null, 'part-solid', null, 'solid'],
  malignancy: [
    'Highly Unlikely for Cancer',
    'Moderately Unlikely for Cancer',
    'Indeterminate Likelihood',
    'Moderately Suspicious for Cancer',
    'Highly Suspicious for Cancer',
  ],
};

/**
 * The ratings as the official reports code them, so that {@link codedRatings} reads them again.
 *
 * @param ratings whole numbers
 */
export function ratingCodes(ratings: Characteristics): { readonly concept: Code; readonly value: Code }[] {
  return CHARACTERISTICS.map((name) => {
    const { concept, ratings: codes } = CODINGS[name];
    const rating = ratings[name];
    const code = codes[rating - 1]!;
    const meaning = RATING_MEANINGS[name][rating - 1] ?? null;
    const numbered = `${rating} out of ${codes.length}`;
    const text = meaning === null ? numbered : code[1] === LIDC ? `${numbered} (${meaning})` : meaning;
    return {
      concept: { value: concept[0], scheme: concept[1], meaning: CONCEPT_MEANINGS[name] },
      value: { value: code[0], scheme: code[1], meaning: text },
    };
  });
}
