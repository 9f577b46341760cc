import { describe, expect, test } from '@jest/globals';
import type { Candidate } from '@nodulelab/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { CandidateCard } from '../../extension/src/panel/CandidateCard.tsx';
import { Generation } from '../../extension/src/service/generation.ts';
import { MOST_FAVOURITES } from '../../extension/src/state/favourites.ts';
import { chosenCandidate } from '../../extension/src/state/session.ts';
import { sliceAt, tileOf } from '../../extension/src/state/slices.ts';
import { desk } from '../support/extensionDesk.ts';

const candidate = (id: string): Candidate => ({
  ...{ id, sha256: '1'.repeat(64), model: 'c', modelSha256: '9'.repeat(64), seed: 4, index: 0 },
  ...{ meanHu: -103, conditions: null, support: null },
  thumbnails: { axial: 'data:a', coronal: 'data:c', sagittal: 'data:s' },
  checks: [
    { name: 'hu-range', value: 0, unit: 'HU', verdict: 'good', explanation: 'Within what CT shows.' },
    { name: 'border', value: 3, unit: '%', verdict: 'bad', explanation: 'It reaches the end of its patch.' },
  ],
});

/** Storage of a browser, and of one that has no room. */
function storage(full = false): Pick<Storage, 'getItem' | 'setItem'> {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem(key, value) {
      if (full) throw new DOMException('full', 'QuotaExceededError');
      kept.set(key, value);
    },
  };
}

describe('favourites', () => {
  test('are there again after a reload, and can be placed though other candidates were made since', () => {
    const browser = storage();
    new Generation(desk().desk, () => {}, browser).toggleFavourite(candidate('kept'));
    const { desk: later } = desk();
    const generation = new Generation(later, () => {}, browser);
    expect(later.store.get().favourites).toEqual([candidate('kept')]);
    generation.choose('kept');
    expect(chosenCandidate(later.store.get())).toEqual(candidate('kept'));
  });

  test('are let go by the same star', () => {
    const { desk: shared } = desk();
    const generation = new Generation(shared, () => {}, storage());
    generation.toggleFavourite(candidate('a'));
    generation.toggleFavourite(candidate('a'));
    expect(shared.store.get().favourites).toEqual([]);
  });

  test('are the newest ones where there is no room for all', () => {
    const { desk: shared } = desk();
    const generation = new Generation(shared, () => {}, storage());
    for (let n = 0; n < MOST_FAVOURITES + 3; n++) generation.toggleFavourite(candidate(`c${n}`));
    const kept = shared.store.get().favourites.map(({ id }) => id);
    expect(kept).toHaveLength(MOST_FAVOURITES);
    expect([kept[0], kept.includes('c2'), kept.includes('c3')]).toEqual([
      `c${MOST_FAVOURITES + 2}`,
      false,
      true,
    ]);
  });

  test('that a browser does not keep last as long as the page, which says so', () => {
    const { desk: shared } = desk();
    const generation = new Generation(shared, () => {}, storage(true));
    generation.toggleFavourite(candidate('a'));
    expect(shared.store.get().favourites).toHaveLength(1);
    expect(shared.store.get().error).toContain('forgotten when it is closed');
  });

  test('of an older version that are not understood are left behind', () => {
    const browser = storage();
    browser.setItem('nodulelab.favourites', '[{"id":"x"}]');
    const { desk: shared } = desk();
    new Generation(shared, () => {}, browser);
    expect(shared.store.get().favourites).toEqual([]);
  });
});

describe('a candidate', () => {
  const html = renderToStaticMarkup(
    <CandidateCard
      candidate={candidate('a')}
      chosen={false}
      disabled={false}
      favourite={true}
      slices={64}
      onChoose={() => {}}
      onFavourite={() => {}}
    />,
  );

  test('has a light for each check, told in words too', () => {
    expect(html).toContain('data-verdict="good" role="img" aria-label="HU range: good"');
    expect(html).toContain('data-verdict="bad" role="img" aria-label="Border: poor"');
  });

  test('has a star beside it, which is no part of the button that chooses it', () => {
    expect(html).toMatch(/<\/button><button type="button" class="nl-star" aria-pressed="true"/);
  });
});

describe('scrolling through a candidate', () => {
  test('goes from its first slice at the left to its last at the right', () => {
    expect([-0.1, 0, 0.5, 0.999, 1.2].map((share) => sliceAt(share, 64))).toEqual([0, 0, 32, 63, 63]);
  });

  test('finds each slice in the picture of all, eight a row', () => {
    expect(tileOf(0, 64)).toEqual({ columns: 8, x: 0, y: 0 });
    expect(tileOf(63, 64)).toEqual({ columns: 8, x: 100, y: 100 });
    expect(tileOf(10, 64)).toEqual({ columns: 8, x: 200 / 7, y: 100 / 7 });
    // 32 slices: six a row, six rows.
    expect(tileOf(7, 32)).toEqual({ columns: 6, x: 20, y: 20 });
  });
});
