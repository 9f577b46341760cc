/** What each measure is called and what it tells, in one sentence for a reader of CTs. */
import type { Criterion, Figure } from '../result.ts';

export interface MeasureWords {
  readonly title: string;
  readonly plain: string;
  /** Marks of all spaces may stand on one axis. */
  readonly oneAxis: boolean;
}

/** By the first part of a figure's key. */
const MEASURES: Readonly<Record<string, MeasureWords>> = {
  position: {
    title: 'Position between real nodules and smooth balls',
    plain:
      '0 means as near to real nodules as other real nodules are, 1 means as far away as plain ellipsoids of the same sizes.',
    oneAxis: true,
  },
  frechet: {
    title: 'Fréchet distance',
    plain:
      'How far the set as a whole lies from the real set, in mean and in spread; read it against the floor beside it, never against a figure of another report.',
    oneAxis: false,
  },
  kid: {
    title: 'Kernel distance (KID)',
    plain:
      'The same question asked in a way that small sets do not bias: around 0 where both sets could come from one source, and by chance below 0.',
    oneAxis: false,
  },
  precision: {
    title: 'Precision',
    plain: 'Share of the synthetic nodules that lie among the real ones: how many look real.',
    oneAxis: true,
  },
  recall: {
    title: 'Recall',
    plain:
      'Share of the real nodules that lie among the synthetic ones: how much of the real variety is there.',
    oneAxis: true,
  },
  density: {
    title: 'Density',
    plain:
      'How deep the synthetic nodules lie among the real ones: about 1 where they lie as deep as real nodules do.',
    oneAxis: true,
  },
  coverage: {
    title: 'Coverage',
    plain:
      'Share of the real nodules that have a synthetic nodule among their nearest neighbours: kinds of nodule that the generator leaves out lower it.',
    oneAxis: true,
  },
  msSsim: {
    title: 'Likeness of pairs (MS-SSIM)',
    plain:
      'How alike two nodules of the set are on average: higher than between real nodules means that the generator repeats itself.',
    oneAxis: true,
  },
  inceptionScore: {
    title: 'Domain Inception Score',
    plain:
      'How many clearly different kinds of nodule a classifier of this project sees: from 1 to the number of its classes, so it cannot be held against scores of other classifiers.',
    oneAxis: true,
  },
  memorisation: {
    title: 'Memorisation',
    plain:
      'How near synthetic nodules lie to nodules of the training set, against what chance would give: 1 means that nothing was learned by heart, 0 that all are copies.',
    oneAxis: true,
  },
  copies: {
    title: 'Share of near copies',
    plain:
      'Share of the synthetic nodules that lie nearer to a training nodule than all but one in a hundred real nodules of other patients do.',
    oneAxis: true,
  },
  duplicates: {
    title: 'Repetition within the set',
    plain:
      'How near a nodule lies to the nearest other one of its own set, against the same among real nodules: well below 1 means that the generator repeats itself.',
    oneAxis: true,
  },
  spotting: {
    title: 'A classifier spots it',
    plain:
      'How often a classifier trained for it tells a synthetic from a real nodule: 0.5 is guessing, 1 is always.',
    oneAxis: true,
  },
  shown: {
    title: 'Patches that show a nodule',
    plain: 'Share of the patches in which a nodule stands out from its ground at all.',
    oneAxis: true,
  },
};

export const measureOf = ({ key }: Pick<Figure, 'key'>): string => key.split('/')[0] ?? key;

/** Of a measure that is not known here the figure's own words are used. */
export const wordsOf = (figure: Pick<Figure, 'key' | 'title'>): MeasureWords =>
  MEASURES[measureOf(figure)] ?? { title: figure.title, plain: '', oneAxis: false };

export const SPACE_WORDS = { attributes: 'attribute features', radiomics: 'radiomics' } as const;
export const VIEW_WORDS = { patch: 'whole patch', nodule: 'crop to the nodule' } as const;

/** What tells a figure from the others of its measure. */
export function labelOf({ space, view, title }: Pick<Figure, 'space' | 'view' | 'title'>): string {
  const parts = [space && SPACE_WORDS[space], view && VIEW_WORDS[view]].filter((part) => part !== null);
  return parts.length === 0 ? title : parts.join(', ');
}

export const CONTROL_WORDS = {
  ellipsoids: 'smooth ellipsoids',
  blurred: 'blurred real nodules',
  collapsed: 'a tenth of the spread',
  noise: 'noise',
  memorised: 'copies of training nodules',
} as const;

/** What each gate asks. */
export const GATE_QUESTIONS: Readonly<Record<string, string>> = {
  'frechet-attributes': 'Do they lie near real nodules in what a network sees that learned from readers?',
  'frechet-radiomics': 'Do they lie near real nodules in measured density, shape and texture?',
  kid: 'Does the distance that small sets do not bias agree?',
  fidelity: 'Does each look real, and are all kinds of real nodules there?',
  diversity: 'Do two of them differ as much as two real nodules do?',
  memorisation: 'Are they new, and not copies of the training nodules?',
  spotting: 'Does a classifier that is trained for it fail to tell them from real nodules?',
  adherence: 'Have they the size that was asked for, once they lie in a CT?',
};

export const BETTER_WORDS: Readonly<Record<Figure['better'], string>> = {
  lower: 'lower is better',
  higher: 'higher is better',
  'near floor': 'near the floor is better',
};

export const VERDICT_KINDS: Readonly<Record<Criterion['verdict'], 'good' | 'fair' | 'bad' | 'none'>> = {
  met: 'good',
  partly: 'fair',
  'not met': 'bad',
  'not judged': 'none',
};
