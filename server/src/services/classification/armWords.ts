/** What each arm is, in the words of the report. */
import type { Arm, LesionSource } from './protocol.ts';

const SOURCE: Readonly<Record<LesionSource, string>> = {
  generator: 'samples of the generator',
  ellipsoids: 'Gaussian ellipsoids of the size and level of real nodules of the training patients',
  transplants:
    'real nodules of the training patients once more, turned by a random angle and given the diameter of another one',
};
const SHORT: Readonly<Record<LesionSource, string>> = {
  generator: 'synthetic',
  ellipsoids: 'ellipsoids',
  transplants: 'transplants',
};

interface Scarce {
  readonly keepMalignant: number;
}
const shareText = ({ keepMalignant }: Scarce): string => `${Math.round(100 * keepMalignant)} %`;
const scarcity = (arm: Scarce): string =>
  arm.keepMalignant < 1 ? `, ${shareText(arm)} of the malignant` : '';
const scarcityText = (arm: Scarce): string =>
  arm.keepMalignant < 1
    ? ` Only ${shareText(arm)} of the real malignant ones are trained on, as if fewer had been collected.`
    : '';

export function armTitle(arm: Arm): string {
  switch (arm.kind) {
    case 'real':
      return (
        { none: 'Real only', weights: 'Class-weighted', oversampling: 'Oversampled' }[arm.balance] +
        scarcity(arm)
      );
    case 'augmented':
      return 'Classical augmentation';
    case 'cutmix':
      return 'CutMix';
    case 'added':
      return `Real + ${arm.percent} % ${SHORT[arm.source]}`;
    case 'balanced':
      return `Balanced 1:1, ${SHORT[arm.source]}${scarcity(arm)}`;
    case 'only':
      return `${SHORT[arm.source][0]!.toUpperCase()}${SHORT[arm.source].slice(1)} only`;
    case 'fingerprint':
      return `Fingerprint control, ${arm.percent} % ${SHORT[arm.source]}`;
    case 'planted':
      return 'Planted signal';
    case 'shuffled':
      return 'Shuffled labels';
  }
}

export function armText(arm: Arm): string {
  switch (arm.kind) {
    case 'real':
      return (
        {
          none: 'Real nodules as they come.',
          weights: 'Real nodules, each class with the same weight in the loss.',
          oversampling: 'Real nodules, every batch half malignant and half benign.',
        }[arm.balance] + scarcityText(arm)
      );
    case 'augmented': {
      const { rotationDegrees, scaling, elastic, noise } = arm.augmentation;
      return `Real nodules, turned by up to ${rotationDegrees}°, scaled by ${scaling[0]} to ${scaling[1]}, deformed (${elastic.displacementVoxels} voxels on a grid of ${elastic.gridVoxels}) and with noise of ${noise} of the window.`;
    }
    case 'cutmix':
      return `Real nodules; in ${Math.round(100 * arm.share)} % of the examples a box is replaced by that of another nodule, and the label by the mean weighted by volume (Yun et al. 2019).`;
    case 'added':
      return `Real nodules, and ${arm.percent} % of the number of malignant ones as further malignant ones: ${SOURCE[arm.source]}.`;
    case 'balanced':
      return `Real nodules, the smaller class filled up to 1:1 with ${SOURCE[arm.source]}.${scarcityText(arm)}${arm.keepMalignant < 1 && arm.source === 'generator' ? ' The generator has learned from the others too.' : ''}`;
    case 'only':
      return `No real nodule: as many malignant and benign ones as there are real ones, ${SOURCE[arm.source]}.`;
    case 'fingerprint':
      return `As with ${arm.percent} % added, and as many benign ones from the same source; all patches, those tested too, are averaged over 2×2×2 voxels and interpolated back, so that "synthetic" tells nothing about the class.`;
    case 'planted':
      return 'Labels dealt at random and a bright cube drawn into the patches that got "malignant": an experiment that does not find it finds nothing.';
    case 'shuffled':
      return 'Labels dealt at random: an experiment that finds something here leaks.';
  }
}
