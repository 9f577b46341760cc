/** What the reader of an experiment must know, and what would say more. */
import type { BalanceModel } from '../balance/balanceModel.ts';
import type { RealNodule } from './nodules.ts';
import type { Protocol, RuleName } from './protocol.ts';
import { needsGenerator } from './protocol.ts';
import type { KnownSet } from './sets.ts';

/** The same experiment on the whole collection, whose CTs are DICOM. */
export const FULL_LIDC_COMMAND =
  'nodulelab classify --lidc LIDC-IDRI/ --protocol full --model MODEL --out classification';

interface Work {
  readonly rule: RuleName;
  readonly nodules: readonly RealNodule[];
  readonly real: readonly [KnownSet, KnownSet];
}

export function notesOn(protocol: Protocol, works: readonly Work[], model: BalanceModel | null): string[] {
  const { training } = protocol;
  const fillsUp = Object.values(protocol.designs).some((arms) =>
    arms.some(({ kind }) => kind === 'balanced'),
  );
  const generated = Object.values(protocol.designs).some((arms) => arms.some(needsGenerator));
  return [
    'Labels are the readers’ opinion and not pathology: a classifier learns to agree with them.',
    ...works.slice(0, 1).map(({ real: [train] }) => inputText(protocol, train.manifest)),
    `All arms have the same ${training.updates} updates of ${training.batchSize} nodules, so that more nodules do not mean longer training.`,
    'All arms show their nodules turned and mirrored (48 orientations); the arm of classical augmentation adds more.',
    ...works.flatMap(({ rule, nodules }) => {
      const malignant = nodules.filter((nodule) => nodule.malignant).length;
      const benign = nodules.length - malignant;
      return fillsUp && malignant > benign
        ? [
            `Under the rule ${rule} this source has more malignant (${malignant}) than benign (${benign}) nodules: "balanced" fills up the benign ones, the other way round than the founding document means.`,
          ]
        : [];
    }),
    ...(works.some(({ real }) => real.some(({ manifest }) => manifest.split.seriesForPatients === true))
      ? [
          'This source does not say whose some of its CTs are: the UIDs of series stand in for patients there, and two CTs of one patient may lie on both sides of a fold.',
        ]
      : []),
    ...(generated && model !== null && !model.conditionNames.includes('malignancy')
      ? [
          `${model.card.name} cannot be asked for malignant or for benign nodules: its samples that stand for benign ones have their sizes and nothing else of them, so that arms with synthetic benign nodules and the figures of the shortcut say little.`,
        ]
      : []),
    ...(generated
      ? [
          'Threshold and calibration are fixed on real nodules of patients of the training part, in every arm; most of them the generator has seen, which can move a threshold but no AUC.',
          `With few tested patients a gain of a hundredth cannot be shown: what would say more is a generator for each outer fold (GPU-hours), and the whole LIDC-IDRI collection (1,010 patients, 125 GB): ${FULL_LIDC_COMMAND}`,
        ]
      : []),
  ];
}

/** The sets of all rules are cut alike. */
function inputText({ network }: Protocol, { size, fieldOfView }: KnownSet['manifest']): string {
  const patch = `a ${size}³ patch${network.size === size ? '' : ` resampled to ${network.size}³ voxels`}`;
  const scaled = 'diameters' in fieldOfView ? ', since patches are scaled to the nodule,' : '';
  return `Every network sees ${patch} and${scaled} the logarithm of the nodule’s diameter, whose weight begins where a logistic regression on the training nodules puts it.`;
}
