import { describe, expect, test } from '@jest/globals';
import type { Model, ModelComparison, Training } from '@nodulelab/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { ModelComparisonTable } from '../../extension/src/panel/ModelComparisonTable.tsx';
import { ModelsList } from '../../extension/src/panel/ModelsSection.tsx';
import { GoOnForm, ModelForm } from '../../extension/src/panel/TrainingForms.tsx';
import { Models } from '../../extension/src/service/models.ts';
import { Trainings } from '../../extension/src/service/trainings.ts';
import { emptyModelsSession, currentLine, tickedOf, withTicked } from '../../extension/src/state/models.ts';
import { desk, settled } from '../support/extensionDesk.ts';

const model = (name: string): Model => ({
  ...{ name, sha256: '9'.repeat(64), preset: 'seed-64', resolution: 64, updates: 12, summary: 'Balls.' },
  ...{ conditions: [], evaluation: null, classification: null, pictures: [] },
});
const current = { name: 'b', chosen: true, since: '2026-11-23T19:00:00Z', former: 'a', missing: null };
const comparison: ModelComparison = {
  models: ['a', 'b'],
  groups: [
    {
      title: 'How good',
      rows: [
        {
          title: 'Gate kid',
          hint: 'at most 0.1',
          cells: [
            { text: '\u2013', verdict: null },
            { text: 'failed: 0.4', verdict: 'bad' },
          ],
        },
      ],
    },
  ],
};
const textOf = (html: string): string => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('the list of models', () => {
  const models = new Models(desk().desk.api, () => undefined);
  const html = (session = {}): string =>
    renderToStaticMarkup(
      <ModelsList
        models={models}
        list={['b', 'a'].map(model)}
        session={{ ...emptyModelsSession, current, ...session }}
      />,
    );

  test('says which one everybody is given, offers the others and the way back', () => {
    const text = textOf(html());
    expect(text).toContain('Everybody on this server is given b first (chosen 2026-11-23).');
    expect(text).toContain('Back to a');
    expect(html()).toMatch(/data-testid="use-a"/);
    expect(html()).not.toMatch(/data-testid="use-b"/);
  });

  test('compares two and more that are ticked, and opens the card of one', () => {
    const disabled = /<button[^>]*disabled[^>]*data-testid="models-compare"/;
    expect(html({ ticked: ['a'] })).toMatch(disabled);
    expect(html({ ticked: ['a', 'b'] })).not.toMatch(disabled);
    expect(html({ opened: 'a' })).toContain('data-testid="model-card"');
    // One that was ticked and is gone does not count.
    expect(tickedOf(['a', 'gone'], [model('a')])).toEqual(['a']);
    expect(withTicked(['1', '2', '3', '4', '5', '6'], '7')).toEqual(['2', '3', '4', '5', '6', '7']);
  });

  test('says what was chosen and is gone, and that nobody chose', () => {
    const line = currentLine({ ...current, chosen: false, missing: 'gone' });
    expect(line).toContain('gone was chosen, but is not here any more.');
    expect(line).toContain('nobody chose');
  });

  test('lays models side by side, gates with their lights', () => {
    const table = renderToStaticMarkup(
      <ModelComparisonTable comparison={comparison} onClose={() => undefined} />,
    );
    expect(table).toMatch(/<td data-verdict="bad"><span class="nl-light" data-verdict="bad"/);
    expect(textOf(table)).toMatch(/How good Gate kid \u2013 failed: 0\.4/);
  });
});

describe('what is done with models', () => {
  const put = 'PUT /api/current-model';

  test('asks the server for nothing before somebody looks', async () => {
    const { desk: shared, requests } = desk();
    const models = new Models(shared.api, () => undefined);
    await models.reload();
    expect(requests).toEqual([]);
    models.open();
    models.open();
    expect(requests.map(({ what }) => what)).toEqual(['GET /api/current-model']);
  });

  test('a chosen model is this user’s from now on, and Back goes to the one before', async () => {
    const { desk: shared, requests } = desk();
    const chosen: string[] = [];
    const models = new Models(shared.api, (name) => chosen.push(name));
    const choosing = models.choose('b');
    expect(requests[0]).toMatchObject({ what: put, body: { name: 'b' } });
    requests[0]!.answer(200, current);
    await choosing;
    expect([chosen, models.store.get().current]).toEqual([['b'], current]);
    void models.back();
    expect(requests[1]).toMatchObject({ what: put, body: { name: 'a' } });
  });

  test('a comparison that was closed while it was made does not open', async () => {
    const { desk: shared, requests } = desk();
    const models = new Models(shared.api, () => undefined);
    const comparing = models.compare(['a', 'b']);
    expect(models.store.get().comparing).toBe(true);
    models.closeComparison();
    requests[0]!.answer(200, comparison);
    await comparing;
    expect(models.store.get()).toMatchObject({ comparison: null, comparing: false });
  });

  test('a refusal is told', async () => {
    const { desk: shared, requests } = desk();
    const models = new Models(shared.api, () => undefined);
    const choosing = models.choose('gone');
    requests[0]!.answer(404, {
      ...{ type: 'about:blank', title: 'Not found', status: 404, kind: 'not-found' },
      detail: 'There is no model named gone.',
    });
    await choosing;
    expect(models.store.get()).toMatchObject({ busy: false, error: 'There is no model named gone.' });
  });
});

describe('a training becomes a model, or goes on', () => {
  const training = {
    ...{ name: 'balls', state: 'limit', seconds: 600, points: [], warnings: [] },
    checkpoints: [10, 20].map((update) => ({
      ...{ stem: `000000${update}`, update, milestone: false, picture: true },
    })),
  } as unknown as Training;

  test('any checkpoint that is kept is offered, the one that is looked at first', () => {
    const trainings = new Trainings(desk().desk.api, () => undefined);
    const html = renderToStaticMarkup(
      <ModelForm trainings={trainings} training={training} shown="00000010" busy={false} />,
    );
    expect(html).toMatch(/<option value="00000010" selected="">update 10<\/option>/);
    expect(textOf(html)).toContain('the newest good one update 20 update 10');
    expect(textOf(html)).toContain('Make it the current model');
  });

  test('a training that reached its limit asks for how much longer', async () => {
    const { desk: shared, requests } = desk();
    const trainings = new Trainings(shared.api, () => undefined);
    expect(renderToStaticMarkup(<GoOnForm trainings={trainings} busy={false} />)).toContain('Minutes more');
    trainings.store.set({ training });
    void trainings.goOn(5);
    await settled();
    expect(requests[0]).toMatchObject({
      what: 'POST /api/trainings/balls/resume',
      body: { limits: { maxMinutes: 15 } },
    });
    void trainings.goOn(0);
    expect(requests[1]!.body).toEqual({ limits: {} });
  });
});
