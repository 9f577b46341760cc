/** The use cases of the quiz: make pictures, answer against the clock, look at what each one was. */
import type { ApiClient } from '../api/client.ts';
import { messageOf } from '../api/problem.ts';
import { closedQuiz, QUIZ_PICTURES, QUIZ_SECONDS, type QuizSession } from '../state/quiz.ts';
import { rollSeed } from '../state/seeds.ts';
import { createStore, type Store } from '../state/store.ts';

export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** @returns what ends it */
  every(milliseconds: number, callback: () => void): () => void;
}

const pageClock: Clock = {
  now: () => performance.now(),
  every(milliseconds, callback) {
    const timer = setInterval(callback, milliseconds);
    return () => clearInterval(timer);
  },
};

const TICK_MS = 200;

export class QuizGame {
  readonly store: Store<QuizSession> = createStore<QuizSession>(closedQuiz);
  readonly #api: ApiClient;
  readonly #clock: Clock;
  readonly #roll: () => number;
  #asking: AbortController | null = null;
  #stopClock: (() => void) | null = null;
  #series = '';

  /** @param roll another seed each time */
  constructor(api: ApiClient, clock: Clock = pageClock, roll = rollSeed) {
    this.#api = api;
    this.#clock = clock;
    this.#roll = roll;
  }

  /** Asks for pictures: first of the nodules of this CT. */
  async open(seriesInstanceUID: string): Promise<void> {
    this.#end();
    this.#series = seriesInstanceUID;
    const asking = new AbortController();
    this.#asking = asking;
    this.store.set({ ...closedQuiz, state: 'preparing' });
    try {
      const quiz = await this.#api.call('quiz', {
        body: { seriesInstanceUID, seed: this.#roll(), count: QUIZ_PICTURES },
        signal: asking.signal,
      });
      if (!asking.signal.aborted) this.store.set({ state: 'ready', quiz });
    } catch (error) {
      if (!asking.signal.aborted) this.store.set({ state: 'failed', problem: messageOf(error) });
    }
  }

  /** Other pictures. */
  again(): Promise<void> {
    return this.open(this.#series);
  }

  start(): void {
    if (this.store.get().state !== 'ready') return;
    const end = this.#clock.now() + 1000 * QUIZ_SECONDS;
    this.store.set({ state: 'playing', answers: [], secondsLeft: QUIZ_SECONDS });
    this.#stopClock = this.#clock.every(TICK_MS, () => {
      const secondsLeft = Math.max(0, Math.ceil((end - this.#clock.now()) / 1000));
      if (secondsLeft !== this.store.get().secondsLeft) this.store.set({ secondsLeft });
      if (secondsLeft === 0) this.#over();
    });
  }

  /** Says what the picture on the screen is, and goes on to the next. */
  answer(real: boolean): void {
    const { state, quiz, answers } = this.store.get();
    if (state !== 'playing' || !quiz) return;
    const all = [...answers, real];
    this.store.set({ answers: all });
    if (all.length === quiz.questions.length) this.#over();
  }

  close(): void {
    this.#end();
    this.store.set(closedQuiz);
  }

  #over(): void {
    this.#end();
    this.store.set({ state: 'over' });
  }

  #end(): void {
    this.#asking?.abort();
    this.#asking = null;
    this.#stopClock?.();
    this.#stopClock = null;
  }
}
