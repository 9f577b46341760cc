/** The 60-second quiz "real or synthetic?": for fun, apart from any study. */
import type { Quiz as QuizPictures } from '@nodulelab/contract';
import { type ReactNode, useEffect, useSyncExternalStore } from 'react';
import type { QuizGame } from '../service/quizGame.ts';
import { QUIZ_SECONDS, type QuizSession, rulesOf, scoreLine, scoreOf } from '../state/quiz.ts';
import { Dialog } from './Dialog.tsx';
import { Button } from './parts.tsx';

const REAL_KEY = 'ArrowLeft';
const SYNTHETIC_KEY = 'ArrowRight';
const PLANES = ['axial', 'coronal', 'sagittal'] as const;

interface Props {
  readonly game: QuizGame;
  /** The CT that is open; null before there is one. */
  readonly seriesInstanceUID: string | null;
}

/** What opens it, and the quiz itself. */
export function Quiz({ game, seriesInstanceUID }: Props) {
  const session = useSyncExternalStore(game.store.watch, game.store.get);
  return (
    <>
      <button
        type="button"
        className="nl-link nl-small"
        disabled={seriesInstanceUID === null}
        onClick={() => {
          if (seriesInstanceUID !== null) void game.open(seriesInstanceUID);
        }}
        title="Real or synthetic? For fun: nothing of it is kept"
        data-testid="quiz-open"
      >
        60-second quiz
      </button>
      {session.state !== 'closed' && <QuizDialog game={game} session={session} />}
    </>
  );
}

export function QuizDialog({ game, session }: { readonly game: QuizGame; readonly session: QuizSession }) {
  const playing = session.state === 'playing';
  useEffect(() => {
    if (!playing) return;
    // Ahead of the viewer, which moves its images by the same keys.
    const press = (event: KeyboardEvent): void => {
      if (event.key !== REAL_KEY && event.key !== SYNTHETIC_KEY) return;
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) game.answer(event.key === REAL_KEY);
    };
    window.addEventListener('keydown', press, true);
    return () => window.removeEventListener('keydown', press, true);
  }, [playing, game]);
  return (
    <Dialog
      title="Real or synthetic?"
      onClose={() => game.close()}
      testId="quiz"
      aside={<span className="nl-dim nl-small">For fun: no study, and nothing of it is kept</span>}
    >
      <style>{quizStyles}</style>
      <div className="nl-quiz" data-state={session.state} data-testid="quiz-state">
        {pageOf(game, session)}
      </div>
    </Dialog>
  );
}

function pageOf(game: QuizGame, session: QuizSession): ReactNode {
  const { state, quiz, problem } = session;
  switch (state) {
    case 'closed':
      return null;
    case 'preparing':
      return (
        <div className="nl-quiz-middle" role="status">
          <p>Preparing the pictures.</p>
          <progress aria-label="Preparing the pictures" />
        </div>
      );
    case 'failed':
      return (
        <div className="nl-quiz-middle">
          <p className="nl-note nl-bad" role="alert" data-testid="quiz-problem">
            {problem}
          </p>
          <Button onPress={() => void game.again()}>Try again</Button>
        </div>
      );
    case 'ready':
      return quiz && <Rules game={game} quiz={quiz} />;
    case 'playing':
      return quiz && <Question game={game} session={session} quiz={quiz} />;
    case 'over':
      return quiz && <Answers game={game} session={session} quiz={quiz} />;
    default:
      return state satisfies never;
  }
}

function Rules({ game, quiz }: { readonly game: QuizGame; readonly quiz: QuizPictures }) {
  return (
    <div className="nl-quiz-middle">
      <p data-testid="quiz-rules">{rulesOf(quiz)}</p>
      <p>
        {QUIZ_SECONDS} seconds. <kbd>{'\u2190'}</kbd> real, <kbd>{'\u2192'}</kbd> synthetic, or press the
        buttons.
      </p>
      <p className="nl-dim">
        Both kinds are cut from the CT in the same way; none is picked by how it looks. Whether readers can
        tell them apart is a question for a blinded study, which this is not.
      </p>
      <Button main onPress={() => game.start()} testId="quiz-start">
        Start
      </Button>
    </div>
  );
}

interface PlayProps {
  readonly game: QuizGame;
  readonly session: QuizSession;
  readonly quiz: QuizPictures;
}

function Question({ game, session: { answers, secondsLeft }, quiz: { questions } }: PlayProps) {
  const at = answers.length;
  const question = questions[at];
  if (!question) return null;
  return (
    <>
      <div className="nl-row">
        <span aria-live="polite" data-testid="quiz-at">
          {`Picture ${at + 1} of ${questions.length}`}
        </span>
        <progress className="nl-wide" max={QUIZ_SECONDS} value={secondsLeft} aria-label="Seconds left" />
        <span className="nl-quiz-clock" role="timer" data-testid="quiz-clock">
          {`${secondsLeft} s`}
        </span>
      </div>
      <div className="nl-quiz-planes" data-testid="quiz-picture">
        {PLANES.map((plane) => (
          <figure key={plane}>
            <img src={question.thumbnails[plane]} alt={`Nodule ${at + 1}, ${plane}`} />
            <figcaption className="nl-dim nl-small">{plane}</figcaption>
          </figure>
        ))}
      </div>
      <div className="nl-row">
        <Button wide onPress={() => game.answer(true)} testId="quiz-real">
          <kbd>{'\u2190'}</kbd> Real
        </Button>
        <Button wide onPress={() => game.answer(false)} testId="quiz-synthetic">
          Synthetic <kbd>{'\u2192'}</kbd>
        </Button>
      </div>
    </>
  );
}

function Answers({ game, session, quiz: { questions } }: PlayProps) {
  return (
    <>
      <div className="nl-row">
        <b className="nl-wide" role="status" data-testid="quiz-score">
          {scoreLine(scoreOf(session))}
        </b>
        <Button main onPress={() => void game.again()} testId="quiz-again">
          Others
        </Button>
      </div>
      {/* Longer than its room: the keyboard scrolls it. */}
      <ol className="nl-quiz-answers" tabIndex={0} aria-label="What each picture was">
        {questions.map(({ thumbnails, real, about }, at) => {
          const said = session.answers[at];
          const verdict = said === undefined ? 'unknown' : said === real ? 'good' : 'bad';
          return (
            <li key={thumbnails.axial} data-verdict={verdict}>
              {PLANES.map((plane) => (
                <img key={plane} src={thumbnails[plane]} alt="" />
              ))}
              <span className="nl-light" data-verdict={verdict} aria-hidden="true" />
              <span>
                <b>{real ? 'Real' : 'Synthetic'}</b>
                {said === undefined
                  ? ', not answered'
                  : `, you said ${said ? 'real' : 'synthetic'}: ${said === real ? 'right' : 'wrong'}`}
                <br />
                <span className="nl-dim nl-small">{about}</span>
              </span>
            </li>
          );
        })}
      </ol>
    </>
  );
}

const quizStyles = `
.nl-quiz { width: min(720px, 88vw); height: min(420px, 78vh); display: flex; flex-direction: column; gap: 12px; margin-top: 10px; }
.nl-quiz-middle { margin: auto; max-width: 520px; display: flex; flex-direction: column; gap: 12px; text-align: center; align-items: center; }
.nl-quiz .nl-row { flex-wrap: nowrap; }
.nl-quiz-clock { min-width: 42px; text-align: right; font-variant-numeric: tabular-nums; }
.nl-quiz-planes { display: grid; grid-template-columns: repeat(3, 1fr); gap: 10px; flex: 1; min-height: 0; align-content: center; }
.nl-quiz-planes figure { margin: 0; text-align: center; }
.nl-quiz-planes img { width: 100%; max-height: 44vh; aspect-ratio: 1; object-fit: contain; display: block; background: #000; border-radius: 4px; }
.nl-quiz .nl-wide.nl-button { min-height: 40px; }
.nl-quiz-answers { list-style: none; margin: 0; padding: 1px; overflow-y: auto; display: flex; flex-direction: column; gap: 6px; }
.nl-quiz-answers:focus-visible { outline: 2px solid var(--nl-accent); outline-offset: 1px; }
.nl-quiz-answers li { display: flex; align-items: center; gap: 8px; }
.nl-quiz-answers img { width: 56px; height: 56px; border-radius: 3px; background: #000; }
`;
