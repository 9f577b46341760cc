/** The measures in words: what exactly is computed, and whose idea it is. */
import type { Space, View } from '../../../evaluation/patchGroup.ts';
import type { Kind } from './measuring.ts';

const SPACE_TEXT: Readonly<Record<Space, string>> = {
  attributes: 'features of the attribute network before its heads',
  radiomics: 'radiomic features of the nodule (first order, shape and texture, IBSI)',
};
const VIEW_TEXT: Readonly<Record<View, string>> = {
  patch: 'whole patches',
  nodule: 'patches scaled to the nodule (edge 1.5 × its measured diameter)',
};

export const PRDC_NEIGHBOURS = 5;
const SAME_N = 'both sides of the same N, the mean over 8 random cuts where a set is larger';

type Plain = Omit<Kind, 'key' | 'space' | 'view' | 'definition'> & {
  readonly definition: (where: string) => string;
};

export type DistanceName = 'frechet' | 'position' | 'kid' | 'precision' | 'recall' | 'density' | 'coverage';

const DISTANCES: Readonly<Record<DistanceName, Plain>> = {
  frechet: {
    title: 'Fréchet distance',
    definition: (where) =>
      `Squared Fréchet distance between normal distributions fitted to real and synthetic ${where}, standardised, in the first D directions that were fixed beforehand, D = min(32, N/10), ${SAME_N} (Dowson and Landau 1982; Heusel et al. 2017).`,
    unit: '',
    better: 'near floor',
  },
  position: {
    title: 'Position P between real and ellipsoids',
    definition: (where) =>
      `P = (FD of synthetic − FD of real) / (FD of ellipsoids − FD of real), each Fréchet distance against the real set at the same N and D, of ${where}; 0 is as real as nodules of other patients, 1 is as bad as Gaussian ellipsoids of the same sizes and levels.`,
    unit: '',
    better: 'lower',
  },
  kid: {
    title: 'Kernel distance (KID)',
    definition: (where) =>
      `Unbiased squared maximum mean discrepancy with the kernel (x·y/d + 1)³ between real and synthetic ${where}, standardised and projected on the directions that were fixed beforehand (Bińkowski et al. 2018).`,
    unit: '',
    better: 'near floor',
  },
  precision: {
    title: 'Precision',
    definition: (where) =>
      `Share of synthetic ${where} within the distance from some real one to its ${PRDC_NEIGHBOURS}th real neighbour, ${SAME_N} (Kynkäänniemi et al. 2019).`,
    unit: '',
    better: 'higher',
  },
  recall: {
    title: 'Recall',
    definition: (where) =>
      `Share of real ${where} within the distance from some synthetic one to its ${PRDC_NEIGHBOURS}th synthetic neighbour, ${SAME_N} (Kynkäänniemi et al. 2019).`,
    unit: '',
    better: 'higher',
  },
  density: {
    title: 'Density',
    definition: (where) =>
      `Number of real neighbourhoods (${PRDC_NEIGHBOURS} neighbours) that a synthetic one lies in, over ${PRDC_NEIGHBOURS}, of ${where}, ${SAME_N} (Naeem et al. 2020); near 1 for the same distribution.`,
    unit: '',
    better: 'near floor',
  },
  coverage: {
    title: 'Coverage',
    definition: (where) =>
      `Share of real ${where} with a synthetic one in their neighbourhood (${PRDC_NEIGHBOURS} neighbours), ${SAME_N} (Naeem et al. 2020).`,
    unit: '',
    better: 'higher',
  },
};

export function distanceKind(name: DistanceName, space: Space, view: View): Kind {
  const { definition, ...kind } = DISTANCES[name];
  return {
    ...kind,
    key: `${name}/${space}/${view}`,
    definition: definition(`${VIEW_TEXT[view]} (${SPACE_TEXT[space]})`),
    space,
    view,
  };
}

const whole = { space: null, view: null } as const;

export const SHOWN: Kind = {
  ...whole,
  key: 'shown/nodule',
  title: 'Patches that show a nodule',
  definition:
    'Share of the patches in which at least 30 voxels hang together above half maximum, 100 HU above the parenchyma; the others are left out of what is measured on nodules.',
  unit: '',
  better: 'higher',
};

export const MS_SSIM: Kind = {
  ...whole,
  key: 'msSsim/pairs',
  title: 'Likeness of pairs (MS-SSIM)',
  definition:
    'Mean structural similarity over several scales of 150 pairs of different patches of one set, averaged down to 32³ voxels (Wang et al. 2003; for diversity: Odena et al. 2017); pairs of different patients among real ones. The same value as real pairs is wanted: more alike is a collapse.',
  unit: '',
  better: 'near floor',
};

export const inceptionKind = (classes: readonly string[]): Kind => ({
  ...whole,
  key: 'inceptionScore/domain',
  title: `Domain Inception Score, K = ${classes.length}`,
  definition:
    `exp of the mean Kullback-Leibler divergence of p(class | patch) from p(class), classes ${classes.join(', ')} by the attribute network: between 1 and K = ${classes.length} ` +
    '(Salimans et al. 2016). A value alone says nothing: it is read against that of real nodules.',
  unit: '',
  better: 'near floor',
});

export const SPOTTING: Kind = {
  ...whole,
  key: 'spotting/auc',
  title: 'A fresh classifier tells them (AUC)',
  definition:
    'Area under the ROC curve of a small 3D network that is trained anew to tell synthetic from real patches, on held-out folds of cross-validation by patient (DeLong et al. 1988); 0.5 is guessing. The same kind of network must tell ellipsoids with 0.95.',
  unit: '',
  better: 'lower',
};
