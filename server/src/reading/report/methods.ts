/** How a reading was analysed, in sentences from which the methods of a paper can be written. */
import { counted } from '../../evaluation/report/numbers.ts';
import type { ReadingAnalysis } from '../analysis.ts';

export function methods({ counts, plan, effects, incomplete }: ReadingAnalysis): string[] {
  return [
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
    `Equivalence to guessing was tested by two one-sided tests (Schuirmann 1987) at ${plan.alpha} with a margin of ${plan.margin} either side of 0.5, on that mean and its degrees of freedom. The margin must have been fixed before the first answer.`,
    `Agreement among readers is Fleiss' \u03ba with the jackknife's standard error over cases; between two readers Cohen's \u03ba (Fleiss, Cohen and Everitt 1969), for the confidence with quadratic weights; of readers with themselves Cohen's \u03ba over ${counted(counts.repeats, 'repeat')}, its standard error by the jackknife over cases.`,
    ...(effects && effects.length > 0
      ? [
          'Effects on being right are of a logistic regression of all first answers, its standard errors clustered by reader and by case (Cameron, Gelbach and Miller 2011); with few readers they are too small.',
        ]
      : []),
  ];
}
