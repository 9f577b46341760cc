/** What the reader of an experiment must know, and what would say more. */
import type { RealNodule } from './nodules.ts';
import type { Protocol, RuleName } from './protocol.ts';
import { needsGenerator } from './protocol.ts';

/** The same experiment on the whole collection, whose CTs are DICOM. */
export const FULL_LIDC_COMMAND =
  'nodulelab classify --lidc LIDC-IDRI/ --protocol full --model MODEL --out classification';

interface Work {
  readonly rule: RuleName;
  readonly nodules: readonly RealNodule[];
}

export function notesOn(protocol: Protocol, works: readonly Work[]): string[] {
  const { network, training } = protocol;
  const generated = Object.values(protocol.designs).some((arms) => arms.some(needsGenerator));
  return [
    'Labels are the readers’ opinion and not pathology: a classifier learns to agree with them.',
    `Every network sees a 64³ patch averaged to ${network.size}³ voxels and, since patches are scaled to the nodule, the logarithm of its diameter, whose weight begins where a logistic regression on the training nodules puts it. All arms have the same ${training.updates} updates of ${training.batchSize} nodules, so that more nodules do not mean longer training.`,
    'All arms show their nodules turned and mirrored (48 orientations); the arm of classical augmentation adds more.',
    ...works.flatMap(({ rule, nodules }) => {
      const malignant = nodules.filter((nodule) => nodule.malignant).length;
      const benign = nodules.length - malignant;
      return malignant >= benign
        ? [
            `Under the rule ${rule} this source has more malignant (${malignant}) than benign (${benign}) nodules: "balanced" fills up the benign ones, the other way round than the founding document means.`,
          ]
        : [];
    }),
    ...(generated
      ? [
          'Threshold and calibration are fixed on patients of the training part; most of them the generator has seen, which can move a threshold but no AUC. Nobody who is tested was seen by either.',
          `With few tested patients a gain of a hundredth cannot be shown: what would say more is a generator for each outer fold (GPU-hours), and the whole LIDC-IDRI collection (1,010 patients, 125 GB): ${FULL_LIDC_COMMAND}`,
        ]
      : []),
  ];
}
