import { describe, expect, test } from '@jest/globals';
import type { Candidate, Condition, Conditions, Model, Nodule } from '@nodulelab/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { Asked, CandidateCard } from '../../extension/src/panel/CandidateCard.tsx';
import { CandidateStrip } from '../../extension/src/panel/CandidateGrid.tsx';
import { Wish } from '../../extension/src/panel/Wish.tsx';
import { Wishes } from '../../extension/src/panel/Wishes.tsx';
import { Generation } from '../../extension/src/service/generation.ts';
import type { NoduleLabService } from '../../extension/src/service/noduleLabService.ts';
import { movedInGrid } from '../../extension/src/state/gridKeys.ts';
import { emptySession, type Session } from '../../extension/src/state/session.ts';
import { desk, settled } from '../support/extensionDesk.ts';

const diameter: Condition = {
  ...{ name: 'diameter', unit: 'mm', low: 3, high: 40 },
  trained: [{ from: 3, to: 40, nodules: 578 }],
};
const spiculation: Condition = {
  ...{ name: 'spiculation', unit: 'points', low: 1, high: 5 },
  trained: [
    { from: 1, to: 3.5, nodules: 560 },
    { from: 3.5, to: 5, nodules: 18 },
  ],
};
const model: Model = {
  ...{ name: 'c', sha256: '9'.repeat(64), preset: 'conditional-64', resolution: 64, updates: 9 },
  ...{ summary: '', evaluation: null, classification: null, pictures: [] },
  conditions: [diameter, spiculation],
};
const asked: Conditions = {
  ...{
    diameter: 12.04,
    malignancy: 4,
    texture: 5,
    spiculation: 5,
    lobulation: 1,
    sphericity: 4,
    margin: 4.5,
  },
};
const candidate: Candidate = {
  ...{ id: 'a', sha256: '1'.repeat(64), model: 'c', modelSha256: '9'.repeat(64), seed: 1, index: 0 },
  ...{ meanHu: -103, conditions: asked, support: 3 },
  thumbnails: { axial: 'data:a', coronal: 'data:c', sagittal: 'data:s' },
  checks: [],
};
const textOf = (html: string): string =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('\u2009', ' ')
    .replace(/\s+/g, ' ');

describe('asking for candidates', () => {
  const start = () => {
    const { desk: shared, requests } = desk();
    shared.store.set({ models: [model], modelName: 'c', place: null });
    const told: (string | null)[] = [];
    const generation = new Generation(shared, () => told.push(shared.store.get().chosenCandidateId));
    return { store: shared.store, generation, requests, told };
  };

  test('begins with malignant nodules as the wish, where the generator can be asked for them', async () => {
    const { generation, requests, store } = start();
    expect(store.get().wanted).toEqual({ malignancy: 5 });
    const malignancy = { ...diameter, name: 'malignancy', low: 1, high: 5 } as const;
    const model = store.get().models[0]!;
    store.set({ models: [{ ...model, conditions: [malignancy] }] });
    void generation.generate();
    expect(requests[0]!.body).toMatchObject({ conditions: { malignancy: 5 } });
  });

  test('sends what is named and the generator takes, and nothing where nothing is', async () => {
    const { generation, requests, store } = start();
    generation.wantAny();
    void generation.generate();
    expect(requests[0]!.body).not.toHaveProperty('conditions');
    requests[0]!.answer(200, { candidates: [] });
    await settled();
    generation.setWish('diameter', 12.1);
    generation.setWish('spiculation', 9);
    generation.setWish('margin', 4);
    generation.setWish('texture', Number.NaN);
    void generation.generate();
    expect(requests[1]!.body).toMatchObject({ conditions: { diameter: 12, spiculation: 5 } });
    expect(requests[1]!.body!['conditions']).not.toHaveProperty('margin');
    generation.setWish('spiculation', null);
    expect(store.get().wanted).toEqual({ diameter: 12, margin: 4 });
    generation.wantAny();
    expect(store.get().wanted).toEqual({});
  });

  test('a seed that was used gives way to another, unless it is locked or chosen by hand', async () => {
    const { desk: shared, requests } = desk();
    let rolled = 100;
    const generation = new Generation(
      shared,
      () => {},
      null,
      () => rolled++,
    );
    const seeds: unknown[] = [];
    const generate = async (): Promise<void> => {
      void generation.generate();
      seeds.push(requests.at(-1)!.body!['seed']);
      requests.at(-1)!.answer(200, { candidates: [] });
      await settled();
    };
    generation.setSeed(7);
    await generate();
    await generate();
    generation.toggleSeedLock();
    await generate();
    generation.toggleSeedLock();
    generation.setSeed(7);
    await generate();
    expect(seeds).toEqual([7, 100, 100, 7]);
  });

  test('a real nodule as the source fills in its size and its ratings', () => {
    const { generation, store } = start();
    generation.setWish('margin', 1);
    generation.wantLike({ diameterMm: 9.9, consensus: null } as Nodule);
    expect(store.get().wanted).toEqual({ diameter: 10 });
  });

  test('the size at the place starts at that of the chosen candidate, whether or not it was the first', async () => {
    const { generation, requests, store, told } = start();
    void generation.generate();
    const second = { ...candidate, id: 'b', index: 1, conditions: { ...asked, diameter: 31.26 } };
    const plain = { ...candidate, id: 'p', index: 2, conditions: null, support: null };
    requests[0]!.answer(200, { candidates: [candidate, second, plain] });
    await settled();
    expect([store.get().chosenCandidateId, store.get().diameterMm]).toEqual(['a', 12]);
    generation.choose('b');
    expect(store.get().diameterMm).toBe(31.3);
    generation.choose('p');
    expect(store.get().diameterMm).toBe(31.3);
    expect(told).toEqual(['a', 'b', 'p']);
  });
});

describe('a candidate in the grid', () => {
  const card = (change: Partial<Candidate>, chosen = true): string =>
    renderToStaticMarkup(
      <CandidateCard
        candidate={{ ...candidate, ...change }}
        chosen={chosen}
        disabled={false}
        onChoose={() => {}}
        favourite={false}
        onFavourite={() => {}}
        slices={64}
      />,
    );
  const asks = (change: Partial<Candidate>): string =>
    textOf(renderToStaticMarkup(<Asked candidate={{ ...candidate, ...change }} />));

  test('shows what it was asked to be, and tells it to who cannot see it', () => {
    const html = card({ support: 5 });
    expect(textOf(html)).toContain('12.0 mm solid');
    expect(asks({ support: 5 }).trim()).toBe('1 mal. 4, spic. 5, lob. 1, spher. 4, margin 4.5');
    expect(html.replaceAll('\u2009', ' ')).toMatch(
      /class="nl-hidden">Candidate 1, mean −103 HU; asked to be 12\.0 mm, malignancy 4, [^<]*; an aid: Lung-RADS 4A \(solid\)</,
    );
    expect(html).not.toContain('nl-few');
  });

  test('is told apart as the chosen one', () => {
    expect(card({})).toContain('aria-pressed="true"');
    expect(card({}, false).match(/aria-pressed="false"/g)).toHaveLength(2);
  });

  test('is marked where few training nodules were like it, and in words below the grid where it is chosen', () => {
    expect(card({}, false)).toContain('nl-few');
    expect(asks({})).toContain('Few nodules like this in training: 3');
    expect(card({}, false)).toMatch(/class="nl-hidden">[^<]*Few nodules like this in training: 3\./);
  });

  test('of an unconditional generator is only its number and its attenuation', () => {
    const plain = { conditions: null, support: null };
    const seen = card(plain).replace(/<span class="nl-hidden">.*?<\/span>/, '');
    expect(textOf(seen).trim()).toBe('1 \u2212103 HU \u2606');
    expect(asks(plain)).toBe('');
  });
});

describe('arrow keys in the grid', () => {
  test('go along rows and columns, and stop at its ends', () => {
    const from = (at: number) => (key: string) => movedInGrid(key, at, 5, 2);
    expect(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].map(from(2))).toEqual([1, 3, 0, 4]);
    expect(['ArrowLeft', 'ArrowUp', 'Home'].map(from(0))).toEqual([null, null, 0]);
    expect(['ArrowRight', 'ArrowDown', 'End', 'Tab'].map(from(4))).toEqual([null, null, 4, null]);
    expect(from(3)('ArrowDown')).toBeNull();
  });
});

describe('candidates where there is no room for cards', () => {
  const strip = (change: Partial<Session>): string =>
    renderToStaticMarkup(
      <CandidateStrip service={{} as NoduleLabService} session={{ ...emptySession, ...change }} />,
    );
  const other = { ...candidate, id: 'b', index: 1 };

  test('are still chosen by one press, a kept one among them', () => {
    const html = strip({ candidates: [other], favourites: [candidate], chosenCandidateId: 'a' });
    expect(html.match(/aria-pressed="(true|false)"/g)).toEqual([
      'aria-pressed="true"',
      'aria-pressed="false"',
    ]);
    expect(html).toMatch(/aria-label="Candidate 1, .*aria-label="Candidate 2, /);
  });
});

describe('a slider', () => {
  const wish = (value: number | undefined, given: Condition | undefined = spiculation): string =>
    renderToStaticMarkup(
      <Wish name="spiculation" condition={given} value={value} disabled={false} onChange={() => {}} />,
    );

  test('that is not named says any, to the eye and to a screen reader', () => {
    expect(textOf(wish(undefined))).toMatch(/Spiculation any none marked/);
    expect(wish(undefined)).toContain('aria-valuetext="any"');
    expect(wish(undefined)).not.toContain('checked');
  });

  test('that is named has the words of the form at its ends', () => {
    expect(textOf(wish(2))).toMatch(/Spiculation 2 none marked/);
    expect(wish(2)).toContain('aria-valuetext="2 of 1, none, to 5, marked"');
    expect(wish(2)).toContain('title="560 of 578 training nodules are about like this"');
  });

  test('draws the stretch with few training nodules as such, and a value there says so', () => {
    expect(wish(2).match(/data-few="(true|false)"/g)).toEqual(['data-few="false"', 'data-few="true"']);
    expect(textOf(wish(2))).not.toContain('few nodules');
    expect(textOf(wish(5))).toContain('few nodules like this in training');
    expect(wish(5)).toMatch(/aria-valuetext="5 of 1[^"]*; few nodules like this in training"/);
  });

  test('is off where the generator does not take the condition', () => {
    const html = renderToStaticMarkup(
      <Wish name="margin" condition={undefined} value={undefined} disabled={false} onChange={() => {}} />,
    );
    expect(html.match(/disabled=""/g)).toHaveLength(2);
    expect(html).toContain('data-off="true"');
  });
});

describe('the wishes while they are folded', () => {
  const fold = (change: Partial<Session>): string =>
    renderToStaticMarkup(
      <Wishes
        service={{} as NoduleLabService}
        session={{ ...emptySession, models: [model], modelName: 'c', ...change }}
      />,
    );

  test('say any nodule, or what is named, with a mark where few training nodules were like it', () => {
    expect(textOf(fold({}))).toContain('Wanted: any nodule');
    const named = fold({ wanted: { diameter: 8, spiculation: 5, margin: 3 } });
    expect(textOf(named)).toContain('8.0 mm, spic. 5');
    expect(textOf(named)).not.toContain('margin');
    expect(named).toContain('aria-label="few nodules like this in training"');
    expect(fold({ wanted: { spiculation: 1 } })).not.toContain('nl-few');
  });
});
