/** How a reading was analysed, in sentences from which the methods of a paper can be written. */
import { counted } from '../../evaluation/report/numbers.ts';
import type { ReadingAnalysis } from '../analysis.ts';
import { MATCHED_ON, NEGLIGIBLE } from '../matching.ts';
import type { Study } from '../study.ts';

export function methods(analysis: ReadingAnalysis, study: Study | null): string[] {
  const { counts, plan, effects, incomplete } = analysis;
  return [
    ...(study ? design(study) : []),
    `${counted(counts.readers, 'reader')} answered ${counted(counts.real + counts.synthetic, 'case')} (${counts.real} real, ${counts.synthetic} synthetic), each by a forced choice and by a confidence from 1 (surely real) to 5 (surely synthetic). ${
      incomplete.length === 0
        ? 'Every reader answered every case.'
        : `${counted(incomplete.length, 'further case')} that not every reader had answered count in the figures of single readers only.`
    }`,
    `Shares of one reader have Wilson intervals. ${
      counts.readers > 1
        ? 'Means over readers are of the analysis of variance of Obuchowski and Rockette for one modality with the degrees of freedom of Hillis (2007); readers and cases are random, covariances are those of the jackknife over cases.'
        : 'With one reader, intervals of areas are of the jackknife over cases.'
    } Areas under the empirical ROC curve of the confidence count ties half; synthetic is the positive class. In simulated studies (nodulelab reading simulate) the 95 % intervals of means over six readers hold the truth in 94 % of the studies.`,
    `Equivalence to guessing was tested by two one-sided tests (Schuirmann 1987) at ${plan.alpha} with a margin of ${plan.margin} either side of 0.5, on that mean and its degrees of freedom. ${study ? 'The margin was fixed with the protocol, before the first answer.' : 'The margin must have been fixed before the first answer.'}`,
    `Agreement among readers is Fleiss' \u03ba with the jackknife's standard error over cases; between two readers Cohen's \u03ba (Fleiss, Cohen and Everitt 1969), for the confidence with quadratic weights; of readers with themselves Cohen's \u03ba over ${counted(counts.repeats, 'repeat')}, its standard error by the jackknife over cases.`,
    ...(effects && effects.length > 0
      ? [
          'Effects on being right are of a logistic regression of all first answers, its standard errors clustered by reader and by case (Cameron, Gelbach and Miller 2011); with few readers they are too small.',
        ]
      : []),
  ];
}

const WORDS = { diameterMm: 'diameter', texture: 'texture', sliceThicknessMm: 'slice thickness' } as const;

function design({ cases, balance, plan, repeatShare, sha256 }: Study): string[] {
  const shown = cases.filter(({ training }) => !training);
  const synthetic = shown.filter((one) => one.synthetic).length;
  return [
    `Real and synthetic cases were matched on ${MATCHED_ON.map((name) => WORDS[name]).join(', ')} and reconstruction kernel; standardised differences of those shown: ${MATCHED_ON.map((name) => `${WORDS[name]} ${balance.differences[name].toFixed(3)}`).join(', ')} (negligible below ${NEGLIGIBLE}). ${synthetic} of ${shown.length} cases were synthetic; readers were not told the share, which was drawn between 40 and 60 %. ${counted(cases.length - shown.length, 'training case')} came first and count nowhere; ${(100 * repeatShare).toFixed(0)} % of the cases were shown again, a third of the reading later at least; every reader had an order of their own.`,
    `The number of cases was planned for ${plan.readers} readers: ${plan.casesNeeded ?? 'none'} for a power of ${plan.power} (${plan.reached.toFixed(2)} with those shown) to show an accuracy within 0.5 \u00b1 ${plan.margin} if it is ${plan.accuracy}, readers spread by ${plan.readerSd} and their answers to a case correlate by ${plan.caseCorrelation}. The protocol was locked before the first answer (SHA-256 ${sha256}).`,
  ];
}
