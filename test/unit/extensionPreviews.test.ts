import { describe, expect, test } from '@jest/globals';
import type { Nodule, Preview } from '@nodulelab/contract';
import { Placement } from '../../extension/src/service/placement.ts';
import { Previews } from '../../extension/src/service/previews.ts';
import { Removal } from '../../extension/src/service/removal.ts';
import { MOST_STEPS } from '../../extension/src/state/plan.ts';
import { sceneOf } from '../../extension/src/service/sceneOf.ts';
import { isRemoved } from '../../extension/src/state/session.ts';
import { editLine } from '../../extension/src/state/words.ts';
import { desk, preview, settled } from '../support/extensionDesk.ts';

const removal = (id: string, after: string | null = null): Preview => ({
  ...preview(id, [5, 5, 5], after),
  edit: { kind: 'remove', noduleId: 'n' },
});

const refusal = {
  type: 'about:blank',
  title: 'Not usable',
  status: 422,
  detail: 'No.',
  kind: 'unusable',
};

const parts = () => {
  const given = desk();
  const previews = new Previews(given.desk);
  given.desk.store.set({ nodules: [{ id: 'n', centre: [5, 5, 5], marks: [] } as unknown as Nodule] });
  return {
    ...given,
    store: given.desk.store,
    previews,
    placement: new Placement(given.desk, previews),
    removal: new Removal(given.desk, previews),
  };
};

/** One preview kept, the panel ready for the next one. */
async function keptOne() {
  const given = parts();
  void given.placement.placeAt([1, 1, 1]);
  given.requests[0]!.answer(201, preview('first', [1, 1, 1]));
  await settled();
  given.previews.keep();
  return given;
}

describe('looking at a preview', () => {
  const shown = async () => {
    const given = parts();
    void given.placement.placeAt([1, 1, 1]);
    given.requests[0]!.answer(201, preview('p', [1, 1, 1]));
    await settled();
    return given;
  };

  test('flips to the original and back to the way in which it was looked at', async () => {
    const { calls, store, previews } = await shown();
    previews.flip();
    previews.flip();
    previews.lookAt('difference');
    previews.flip();
    previews.flip();
    expect(calls.slice(-5)).toEqual([
      ...['lookAt original', 'lookAt preview', 'lookAt difference'],
      ...['lookAt original', 'lookAt difference'],
    ]);
    expect([store.get().look, store.get().previewShown]).toEqual(['difference', true]);
  });

  test('the same way once more shows the original', async () => {
    const { calls, store, previews } = await shown();
    previews.lookAt('whole');
    expect([calls.at(-1), store.get().previewShown]).toEqual(['lookAt original', false]);
  });

  test('a swipe line goes where it is drawn, within what changes', async () => {
    const { calls, store, previews } = await shown();
    previews.swipeTo(0.25);
    previews.swipeTo(1.5);
    previews.swipeTo(Number.NaN);
    expect([calls.at(-1), store.get().swipe, store.get().look]).toEqual(['lookAt swipe 0.25', 0.25, 'swipe']);
  });

  test('nothing is looked at where there is no preview', () => {
    const { calls, store, previews } = parts();
    previews.lookAt('difference');
    expect([calls, store.get().look]).toEqual([[], 'whole']);
  });
});

describe('undo and redo', () => {
  const moved = async () => {
    const given = parts();
    for (const [n, at] of [1, 2].entries()) {
      void given.placement.placeAt([at, at, at]);
      given.requests[n]!.answer(201, preview(`at ${at}`, [at, at, at]));
      await settled();
    }
    return given;
  };

  test('go back to the place before and to nothing, and forward again, without asking the server', async () => {
    const { store, calls, requests, previews } = await moved();
    const seen = (): unknown[] => [store.get().preview?.id, store.get().place];
    expect([store.get().canUndo, store.get().canRedo]).toEqual([true, false]);
    await previews.undo();
    expect(seen()).toEqual(['at 1', [1, 1, 1]]);
    expect(calls.at(-1)).toBe('showPreview 1.2 x1');
    await previews.undo();
    expect(seen()).toEqual([undefined, null]);
    expect([calls.at(-1), store.get().canUndo]).toEqual(['hidePreview', false]);
    await previews.undo();
    await previews.redo();
    await previews.redo();
    expect(seen()).toEqual(['at 2', [2, 2, 2]]);
    expect([store.get().canUndo, store.get().canRedo]).toEqual([true, false]);
    expect(requests).toHaveLength(2);
  });

  test('bring back an edit that was taken out, and a size as it was', async () => {
    const { store, requests, placement, previews } = await keptOne();
    placement.setDiameter(22);
    void placement.placeAt([9, 9, 9]);
    requests[1]!.answer(201, preview('second', [9, 9, 9], 'first'));
    await settled();
    await previews.removeLast();
    placement.setDiameter(5);
    await previews.undo();
    expect(store.get().preview?.id).toBe('second');
    expect(store.get().stack.map(({ id }) => id)).toEqual(['first']);
    expect(store.get().diameterMm).toBe(22);
  });

  test('lead from a place that was refused to the last one that was not', async () => {
    const { store, requests, placement, previews } = await moved();
    void placement.placeAt([9, 9, 9]);
    requests[2]!.answer(422, refusal);
    await settled();
    expect([store.get().preview, store.get().refusal?.message]).toEqual([null, 'No.']);
    await previews.undo();
    expect([store.get().preview?.id, store.get().refusal]).toEqual(['at 2', null]);
  });

  test('end where something new is done: what was taken back is forgotten by the server', async () => {
    const { store, requests, placement, previews } = await moved();
    await previews.undo();
    void placement.placeAt([3, 3, 3]);
    requests[2]!.answer(201, preview('at 3', [3, 3, 3]));
    await settled();
    expect([store.get().canRedo, requests[3]!.what]).toEqual([false, 'DELETE /api/previews/at%202']);
  });

  test('reach back so many steps, and the server keeps no more', async () => {
    const { requests, placement, store, previews } = parts();
    for (let n = 0; n < MOST_STEPS + 4; n++) {
      void placement.placeAt([n, n, n]);
      requests
        .filter(({ what }) => what.startsWith('POST'))
        .at(-1)!
        .answer(201, preview(`p${n}`, [n, n, n]));
      await settled();
    }
    expect(requests.filter(({ what }) => what.startsWith('DELETE')).map(({ what }) => what)).toEqual([
      'DELETE /api/previews/p0',
      'DELETE /api/previews/p1',
      'DELETE /api/previews/p2',
    ]);
    let steps = 0;
    for (; store.get().canUndo; steps++) await previews.undo();
    expect(steps).toBe(MOST_STEPS);
  });
});

describe('several edits in one series', () => {
  test('a kept preview stays on the screen, and the next one stands on it', async () => {
    const { store, calls, requests, placement } = await keptOne();
    const { stack, preview: top, place, picking, previewShown } = store.get();
    expect(stack.map(({ id }) => id)).toEqual(['first']);
    expect([top, place, picking, previewShown]).toEqual([null, null, true, true]);
    expect(calls).not.toContain('hidePreview');

    void placement.placeAt([9, 9, 9]);
    expect(requests[1]!.body).toMatchObject({ centre: [9, 9, 9], after: 'first' });
    requests[1]!.answer(201, preview('second', [9, 9, 9], 'first'));
    await settled();
    expect(calls.at(-1)).toBe('showPreview 1.2 x2');
    expect(store.get().preview?.id).toBe('second');
    expect(sceneOf(store.get()).rings.map(({ centre }) => centre)).toEqual([
      [1, 1, 1],
      [9, 9, 9],
    ]);
  });

  test('a proposal knows of the ones below it', async () => {
    const { requests, placement } = await keptOne();
    void placement.propose();
    expect(requests[1]!.body).toMatchObject({ after: 'first' });
  });

  test('a refusal of the next one leaves the kept one on the screen', async () => {
    const { store, calls, requests, placement } = await keptOne();
    void placement.placeAt([9, 9, 9]);
    requests[1]!.answer(422, refusal);
    await settled();
    expect(store.get().stack).toHaveLength(1);
    expect([store.get().refusal?.message, store.get().previewShown]).toEqual(['No.', true]);
    expect(calls.at(-1)).toBe('showPreview 1.2 x1');
  });

  test('taking out goes from the last to the first on the screen; the server forgets them when all is discarded', async () => {
    const { store, calls, requests, placement, previews } = await keptOne();
    void placement.placeAt([9, 9, 9]);
    requests[1]!.answer(201, preview('second', [9, 9, 9], 'first'));
    await settled();
    void previews.removeLast();
    await settled();
    expect([store.get().preview, store.get().stack.length]).toEqual([null, 1]);
    expect(calls.at(-1)).toBe('showPreview 1.2 x1');
    void previews.removeLast();
    await settled();
    expect(store.get().stack).toEqual([]);
    expect(calls.at(-1)).toBe('hidePreview');
    expect(requests).toHaveLength(2);
    previews.discard();
    requests[2]!.answer(204, null);
    await settled();
    expect(requests.slice(2).map(({ what }) => what)).toEqual([
      'DELETE /api/previews/second',
      'DELETE /api/previews/first',
    ]);
  });

  test('discarding forgets all of them, what stands on top first', async () => {
    const { store, calls, requests, placement, previews } = await keptOne();
    void placement.placeAt([9, 9, 9]);
    requests[1]!.answer(201, preview('second', [9, 9, 9], 'first'));
    await settled();
    previews.discard();
    requests[2]!.answer(204, null);
    await settled();
    expect([store.get().preview, store.get().stack]).toEqual([null, []]);
    expect(calls.at(-1)).toBe('hidePreview');
    expect(requests.slice(2).map(({ what }) => what)).toEqual([
      'DELETE /api/previews/second',
      'DELETE /api/previews/first',
    ]);
  });

  test('a preview is not kept while its successor is under way', async () => {
    const { store, requests, placement, previews } = parts();
    void placement.placeAt([1, 1, 1]);
    requests[0]!.answer(201, preview('first', [1, 1, 1]));
    await settled();
    void placement.placeAt([2, 2, 2]);
    previews.keep();
    expect(store.get().stack).toEqual([]);
  });
});

describe('the healthy twin', () => {
  test('is previewed like any other edit, and can stand on one', async () => {
    const { store, calls, requests, removal: twin } = await keptOne();
    void twin.remove('n');
    expect([requests[1]!.what, requests[1]!.body]).toEqual([
      'POST /api/removals',
      { seriesInstanceUID: '1.2', noduleId: 'n', after: 'first' },
    ]);
    requests[1]!.answer(201, removal('twin', 'first'));
    await settled();
    expect(calls.at(-1)).toBe('showPreview 1.2 x2');
    expect(isRemoved(store.get(), 'n')).toBe(true);
    expect(sceneOf(store.get()).rings.map(({ kind }) => kind)).toEqual(['candidate', 'removed']);
    expect(store.get().picking).toBe(false);
    expect(editLine(store.get().preview!, [{ id: 'n', number: 3 } as Nodule])).toMatch(
      /^Remove nodule 3, 10/,
    );
  });

  test("the readers' outlines of a nodule go and come back with it", () => {
    const { store } = parts();
    store.set({
      nodules: [{ id: 'n', centre: [5, 5, 5], marks: [{ reader: 0 }] } as unknown as Nodule],
      selectedNoduleId: 'n',
      preview: removal('twin'),
      previewShown: true,
    });
    expect(sceneOf(store.get()).marks).toEqual([]);
    store.set({ previewShown: false });
    expect(sceneOf(store.get()).marks).toHaveLength(1);
  });

  test('a nodule that is gone already is not removed again', async () => {
    const { store, requests, removal: twin } = parts();
    store.set({ preview: removal('twin') });
    await twin.remove('n');
    expect(requests).toEqual([]);
  });

  test('another size or another candidate does not turn it into an insertion', async () => {
    const { store, requests, removal: twin, placement } = parts();
    void twin.remove('n');
    requests[0]!.answer(201, removal('twin'));
    await settled();
    placement.setDiameter(20);
    placement.candidateChanged();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(requests).toHaveLength(1);
    expect([store.get().preview?.id, store.get().picking]).toEqual(['twin', false]);
  });

  test('a nodule that cannot be removed says why', async () => {
    const { store, requests, removal: twin } = parts();
    void twin.remove('n');
    requests[0]!.answer(422, { ...refusal, detail: 'The nodule fills the lobe.' });
    await settled();
    expect(store.get().refusal).toEqual({ message: 'The nodule fills the lobe.', nearestAllowed: null });
  });
});
