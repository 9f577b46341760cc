import { describe, expect, test } from '@jest/globals';
import type { Quiz } from '@nodulelab/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { QuizDialog } from '../../extension/src/panel/Quiz.tsx';
import { type Clock, QuizGame } from '../../extension/src/service/quizGame.ts';
import { closedQuiz, QUIZ_SECONDS, rulesOf, scoreLine, scoreOf } from '../../extension/src/state/quiz.ts';
import { desk } from '../support/extensionDesk.ts';

const question = (real: boolean, name: string) => ({
  thumbnails: { axial: `data:${name}`, coronal: `data:${name}c`, sagittal: `data:${name}s` },
  ...{ real, about: `${name} it was` },
});
const quiz: Quiz = {
  ...{ real: 'phantom', model: 'balls', fieldMm: 48 },
  questions: [question(true, 'one'), question(false, 'two'), question(true, 'three')],
};
const textOf = (html: string): string => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

/** A clock that the test moves. */
function clock(): Clock & { tick(seconds: number): void; running(): number } {
  let now = 0;
  const watchers = new Set<() => void>();
  return {
    now: () => now,
    every(_, callback) {
      watchers.add(callback);
      return () => watchers.delete(callback);
    },
    tick(seconds) {
      now += 1000 * seconds;
      for (const callback of [...watchers]) callback();
    },
    running: () => watchers.size,
  };
}

async function ready() {
  const { desk: shared, requests } = desk();
  const time = clock();
  let seed = 0;
  const game = new QuizGame(shared.api, time, () => (seed += 1));
  const opening = game.open('1.2');
  requests[0]!.answer(200, quiz);
  await opening;
  return { game, time, requests };
}

describe('the quiz', () => {
  test('asks for pictures of the open CT, waits for Start, and counts what was right', async () => {
    const { game, requests } = await ready();
    expect(requests[0]).toMatchObject({
      what: 'POST /api/quizzes',
      body: { seriesInstanceUID: '1.2', seed: 1, count: 10 },
    });
    game.answer(true);
    expect(game.store.get()).toMatchObject({ state: 'ready', answers: [] });
    game.start();
    for (const said of [true, true, true]) game.answer(said);
    expect(game.store.get().state).toBe('over');
    expect(scoreOf(game.store.get())).toEqual({ right: 2, answered: 3, pictures: 3 });
  });

  test('ends when the minute is over, and counts no answer after that', async () => {
    const { game, time } = await ready();
    game.start();
    game.answer(true);
    time.tick(QUIZ_SECONDS - 1);
    expect(game.store.get()).toMatchObject({ state: 'playing', secondsLeft: 1 });
    time.tick(1);
    game.answer(false);
    expect(game.store.get()).toMatchObject({ state: 'over', answers: [true] });
    expect(time.running()).toBe(0);
  });

  test('closed it forgets everything, also pictures that are still under way', async () => {
    const { game, time, requests } = await ready();
    game.start();
    game.close();
    expect([game.store.get(), time.running()]).toEqual([closedQuiz, 0]);
    const opening = game.again();
    game.close();
    await opening;
    expect(game.store.get()).toEqual(closedQuiz);
    expect(requests[1]!.body).toMatchObject({ seed: 2 });
  });

  test('says why there are no pictures', async () => {
    const { desk: shared, requests } = desk();
    const game = new QuizGame(shared.api, clock());
    const opening = game.open('1.2');
    requests[0]!.answer(422, {
      ...{ type: 'about:blank', title: 'Unusable', status: 422, kind: 'unusable' },
      detail: 'There is no nodule.',
    });
    await opening;
    expect(renderToStaticMarkup(<QuizDialog game={game} session={game.store.get()} />)).toContain(
      'There is no nodule.',
    );
  });
});

describe('the page of the quiz', () => {
  const game = new QuizGame(desk().desk.api, clock());
  const html = (session: object): string =>
    renderToStaticMarkup(<QuizDialog game={game} session={{ ...closedQuiz, quiz, ...session }} />);

  test('says what "real" means, which keys there are and that it is no study', () => {
    const text = textOf(html({ state: 'ready' }));
    expect(text).toContain('no study, and nothing of it is kept');
    expect(text).toContain('This CT is a phantom');
    expect(rulesOf({ ...quiz, real: 'patients' })).toContain('Some are nodules of patients');
  });

  test('shows a picture without its answer, and afterwards every answer', () => {
    const playing = html({ state: 'playing', answers: [true], secondsLeft: 30 });
    expect(playing).toContain('data:two');
    expect(playing).not.toContain('it was');
    expect(textOf(playing)).toMatch(/Picture 2 of 3.*30 s/);
    const over = html({ state: 'over', answers: [true, true] });
    expect(textOf(over)).toContain('1 of 2 right; a coin would have had about 1.');
    expect(textOf(over)).toContain('Synthetic , you said real: wrong two it was');
    expect(textOf(over)).toContain('Real , not answered three it was');
    expect(over).toMatch(/<li data-verdict="unknown">.*data:three/);
  });

  test('the score of nobody is told as such', () => {
    expect(scoreLine({ right: 0, answered: 0, pictures: 10 })).toContain('before the first answer');
    expect(scoreLine({ right: 3, answered: 9, pictures: 10 })).toBe(
      '3 of 9 right; a coin would have had about 4.5. The time was over before the other one.',
    );
  });
});
