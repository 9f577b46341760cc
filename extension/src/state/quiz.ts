/** The quiz "real or synthetic?" as one value, and what is told from it. Nothing of it is kept. */
import type { Quiz } from '@nodulelab/contract';

export const QUIZ_SECONDS = 60;
export const QUIZ_PICTURES = 10;

export interface QuizSession {
  readonly state: 'closed' | 'preparing' | 'failed' | 'ready' | 'playing' | 'over';
  readonly quiz: Quiz | null;
  /** Whether each picture was said to be real, in their order. */
  readonly answers: readonly boolean[];
  readonly secondsLeft: number;
  /** Why there are no pictures. */
  readonly problem: string | null;
}

export const closedQuiz: QuizSession = {
  state: 'closed',
  quiz: null,
  answers: [],
  secondsLeft: QUIZ_SECONDS,
  problem: null,
};

export interface Score {
  readonly right: number;
  readonly answered: number;
  readonly pictures: number;
}

export function scoreOf({ quiz, answers }: Pick<QuizSession, 'quiz' | 'answers'>): Score {
  const questions = quiz?.questions ?? [];
  return {
    right: answers.filter((real, at) => questions[at]?.real === real).length,
    answered: answers.length,
    pictures: questions.length,
  };
}

/** The result in words, beside what a coin would have done. */
export function scoreLine({ right, answered, pictures }: Score): string {
  if (answered === 0) return 'The time was over before the first answer.';
  const left = pictures - answered;
  const coin = (answered / 2).toFixed(answered % 2 === 0 ? 0 : 1);
  return (
    `${right} of ${answered} right; a coin would have had about ${coin}.` +
    (left > 0 ? ` The time was over before the other ${left === 1 ? 'one' : left}.` : '')
  );
}

/** What is to be told apart, and that it is a game. */
export const rulesOf = ({ real, model, questions, fieldMm }: Quiz): string =>
  `${questions.length} nodules in their CTs, each in three planes of ${fieldMm} mm in the lung window. ` +
  (real === 'phantom'
    ? `This CT is a phantom, nobody's lung: "real" are the nodules that it was drawn with, "synthetic" those that ${model} made.`
    : `Some are nodules of patients, the others were made by ${model} and inserted in the same CTs.`);
