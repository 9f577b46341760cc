import { describe, expect, test } from '@jest/globals';
import type { Job, Training, TrainingOverview, TrainingPoint } from '@nodulelab/contract';
import type { ApiClient } from '../../extension/src/api/client.ts';
import { ApiError } from '../../extension/src/api/problem.ts';
import { Trainings } from '../../extension/src/service/trainings.ts';
import {
  duration,
  emptyTrainingSession,
  rangeOf,
  short,
  trainingSentence,
  withPoint,
} from '../../extension/src/state/training.ts';

const point = (update: number): TrainingPoint => ({
  ...{
    update,
    stage: 0,
    resolution: 64,
    epoch: update,
    criticLoss: -update,
    generatorLoss: 1,
    wasserstein: 2,
  },
  ...{ gradientPenalty: 0, gradientNorm: 1, criticGradientNorm: 1, generatorGradientNorm: 1 },
  ...{ secondsPerUpdate: 3, dataWaitShare: 0 },
});

const summary = (name: string, state: Training['state'], jobId: string | null = null) => ({
  ...{ name, state, jobId, resumable: state === 'stopped', preset: 'seed-64', dataset: 'balls', seed: 1 },
  ...{ started: '2026-11-22T20:45:30.000Z', update: 3, seconds: 9, engine: 'onnx-cpu', error: null },
});

const training = (name: string, state: Training['state'], jobId: string | null = null): Training => ({
  ...summary(name, state, jobId),
  ...{ engineReason: null, patches: 4, codeVersion: null, points: [1, 2, 3].map(point), checkpoints: [] },
  ...{ warnings: [], realPicture: false },
});

/** A server with these trainings, of which it is told which were asked for. */
function desk(of: () => Training[]) {
  const asked: string[] = [];
  const call = async (name: string, { params }: { params?: { name?: string } }): Promise<unknown> => {
    asked.push(params?.name ? `${name} ${params.name}` : name);
    if (name === 'trainings')
      return { trainings: of(), datasets: [], presets: [] } satisfies TrainingOverview;
    if (name === 'training') return of().find((one) => one.name === params?.name);
    if (name === 'startTraining') throw new ApiError('There is no data set named x.', 404);
    return { id: 'job-2' };
  };
  const api = { call } as unknown as ApiClient;
  let models = 0;
  return { asked, trainings: new Trainings(api, () => (models += 1)), models: () => models };
}

const running = (name: string, update: number, checkpoints = 0): Job => ({
  ...{ id: 'job-1', kind: 'train', title: 'Train', createdAt: '2026-11-22T20:45:30.000Z', state: 'running' },
  ...{
    progress: 0,
    message: '',
    detail: { training: name, point: point(update), secondsLeft: 60, checkpoints },
  },
});

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('the training panel', () => {
  test('asks for nothing before somebody looks at it, then shows the training that runs', async () => {
    const { asked, trainings } = desk(() => [training('b', 'complete'), training('a', 'running', 'job-1')]);
    trainings.onEvent({ type: 'job', job: running('a', 4) });
    await settled();
    expect(asked).toEqual([]);
    trainings.open();
    await settled();
    expect(asked).toEqual(['trainings', 'training a']);
    expect(trainings.store.get().selected).toBe('a');
  });

  test('grows the curve with every event, without asking the server again', async () => {
    const { asked, trainings } = desk(() => [training('a', 'running', 'job-1')]);
    trainings.open();
    await settled();
    for (const update of [4, 5, 5, 4, 6]) trainings.onEvent({ type: 'job', job: running('a', update) });
    const { training: shown, overview } = trainings.store.get();
    expect(shown?.points.map((one) => one.update)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(overview?.trainings[0]?.update).toBe(6);
    await settled();
    expect(asked).toEqual(['trainings', 'training a']);
  });

  test('reads the training again when a checkpoint was written, and when its job ends', async () => {
    let state: Training['state'] = 'running';
    const { asked, trainings } = desk(() => [training('a', state, state === 'running' ? 'job-1' : null)]);
    trainings.open();
    await settled();
    trainings.onEvent({ type: 'job', job: running('a', 4, 0) });
    trainings.onEvent({ type: 'job', job: running('a', 5, 1) });
    await settled();
    expect(asked).toHaveLength(4);
    state = 'stopped';
    const { id, kind, title, createdAt } = running('a', 5);
    trainings.onEvent({
      type: 'job',
      job: { id, kind, title, createdAt, state: 'cancelled', endedAt: createdAt },
    });
    await settled();
    expect(trainings.store.get().training?.state).toBe('stopped');
  });

  test('leaves the shown training alone when another one goes on', async () => {
    const { trainings } = desk(() => [training('a', 'running', 'job-1'), training('b', 'complete')]);
    trainings.open();
    await settled();
    trainings.select('b');
    await settled();
    trainings.onEvent({ type: 'job', job: running('a', 9) });
    expect(trainings.store.get().training).toMatchObject({ name: 'b', points: { length: 3 } });
    expect(trainings.store.get().overview?.trainings[0]?.update).toBe(9);
  });

  test('tells why a training could not be begun, and that a model was made', async () => {
    const { trainings, models } = desk(() => [training('a', 'stopped')]);
    trainings.open();
    await settled();
    await trainings.start({ dataset: 'x', preset: 'seed-64' });
    expect(trainings.store.get()).toMatchObject({ error: 'There is no data set named x.', busy: false });
    await trainings.makeModel({ model: 'm', description: 'Balls.' });
    expect(models()).toBe(1);
    expect(trainings.store.get()).toMatchObject({
      error: null,
      made: 'The model m can now make candidates.',
    });
  });
});

test('a point that is known already changes nothing', () => {
  const known = training('a', 'running');
  expect(withPoint(known, point(3))).toBe(known);
  expect(withPoint(known, null)).toBe(known);
});

test('the sentence says what can be done', () => {
  const at = (state: Training['state']): string =>
    trainingSentence({
      ...emptyTrainingSession,
      overview: { trainings: [summary('a', state)], datasets: [], presets: [] },
      training: training('a', state),
    });
  expect(at('stopped')).toBe('a was stopped at update 3. Resume goes on from there.');
  expect(at('interrupted')).toContain('Resume');
  expect(at('running')).toBe('a: update 3.');
  const empty = { ...emptyTrainingSession, overview: { trainings: [], datasets: [], presets: [] } };
  expect(trainingSentence(empty)).toContain('nodulelab dataset build');
});

test('a chart shows all of a few values, and of many not the leaps at the begin', () => {
  expect(rangeOf([3, -1, 7])).toEqual([-1, 7]);
  expect(rangeOf([2, 2])).toEqual([1.5, 2.5]);
  expect(rangeOf([])).toEqual([0, 1]);
  expect(rangeOf([1e6, ...Array.from({ length: 200 }, (_, i) => i)])[1]).toBeLessThan(200);
});

test('numbers are short', () => {
  expect([short(-0.012345), short(12345.6), short(0)]).toEqual(['\u22120.0123', '12346', '0']);
  expect([duration(45), duration(600), duration(7200)]).toEqual(['45\u2009s', '10\u2009min', '2.0\u2009h']);
});
