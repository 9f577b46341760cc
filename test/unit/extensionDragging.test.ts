import { describe, expect, test } from '@jest/globals';
import type { Job } from '@nodulelab/contract';
import type { Pose } from '../../extension/src/geometry/pose.ts';
import { Acceptance } from '../../extension/src/service/acceptance.ts';
import { Dragging } from '../../extension/src/service/dragging.ts';
import { Placement } from '../../extension/src/service/placement.ts';
import { Previews } from '../../extension/src/service/previews.ts';
import { sceneOf } from '../../extension/src/service/sceneOf.ts';
import { desk, eventually, preview, settled } from '../support/extensionDesk.ts';

const at = (
  place: [number, number, number],
  diameterMm = 10,
  turnDeg: [number, number, number] = [0, 0, 0],
): Pose => ({
  ...{ place, diameterMm, turnDeg },
});

const refusal = {
  ...{ type: 'about:blank', title: 'Not usable', status: 422, detail: 'No lung.', kind: 'unusable' },
  details: { nearestAllowed: [7, 7, 7] },
};

/** A preview at (1, 1, 1). */
async function shown() {
  const given = desk();
  const previews = new Previews(given.desk);
  const placement = new Placement(given.desk, previews);
  const dragging = new Dragging(given.desk, previews, placement);
  void placement.placeAt([1, 1, 1]);
  given.requests[0]!.answer(201, preview('first', [1, 1, 1]));
  await settled();
  given.calls.length = 0;
  return { ...given, store: given.desk.store, previews, placement, dragging };
}

describe('dragging a nodule by its handles', () => {
  test('carries the last preview along and asks nothing; letting go asks once', async () => {
    const { dragging, requests, calls, store } = await shown();
    expect(dragging.begin()).toBe(true);
    for (const x of [2, 3, 4]) dragging.to(at([x, 1, 1]));
    await settled();
    expect(calls).toEqual(['carry 2,1,1 10 0,0,0', 'carry 4,1,1 10 0,0,0']);
    expect(requests).toHaveLength(1);
    expect(sceneOf(store.get())).toMatchObject({
      handles: { place: [4, 1, 1] },
      badge: { text: 'PREVIEW \u00b7 NOT SAVED' },
    });
    await Promise.race([dragging.end(), settled()]);
    expect(requests).toHaveLength(2);
    expect(requests[1]).toMatchObject({ what: 'POST /api/previews', body: { centre: [4, 1, 1] } });
    requests[1]!.answer(201, preview('second', [4, 1, 1]));
    await settled();
    expect([store.get().preview?.id, calls.at(-1)]).toEqual(['second', 'showPreview 1.2 x1']);
  });

  test('is one step of undo, however far it went', async () => {
    const { dragging, requests, store, previews } = await shown();
    dragging.begin();
    for (const size of [11, 14, 17.8]) dragging.to(at([1, 1, 1], size));
    void dragging.end();
    await eventually(() => requests.length === 2);
    expect(requests[1]!.body).toMatchObject({ diameterMm: 18 });
    requests[1]!.answer(201, { ...preview('second', [1, 1, 1]), diameterMm: 18 });
    await settled();
    await previews.undo();
    expect([store.get().preview?.id, store.get().diameterMm]).toEqual(['first', 10]);
    await previews.redo();
    expect([store.get().preview?.id, store.get().diameterMm]).toEqual(['second', 18]);
  });

  test('given up after another preview came, it lays no earlier place over it', async () => {
    const { dragging, store, requests } = await shown();
    dragging.begin();
    dragging.to(at([4, 1, 1]));
    store.set({ preview: preview('other', [8, 8, 8]), place: [8, 8, 8], unsettled: false });
    dragging.cancel();
    await settled();
    expect(store.get()).toMatchObject({ place: [8, 8, 8], unsettled: false });
    expect(requests).toHaveLength(1);
  });

  test('let go after another preview came, what was dragged since is confirmed', async () => {
    const { dragging, store, requests } = await shown();
    dragging.begin();
    store.set({ preview: preview('other', [1, 1, 1]) });
    dragging.to(at([4, 1, 1]));
    void dragging.end();
    await eventually(() => requests.length === 2);
    expect(requests[1]).toMatchObject({ what: 'POST /api/previews', body: { centre: [4, 1, 1] } });
  });

  test('given up, it forgets no size that was still to be confirmed', async () => {
    const { dragging, store, requests } = await shown();
    store.set({ diameterMm: 14, unsettled: true });
    dragging.begin();
    dragging.cancel();
    await eventually(() => requests.length === 2);
    expect(requests[1]!.body).toMatchObject({ diameterMm: 14 });
  });

  test('a turn reaches the server as turns about L, P and S, and sizes stay within what can be inserted', async () => {
    const { dragging, requests } = await shown();
    dragging.begin();
    dragging.to(at([1, 1, 1], 55, [0, 0, 35]));
    void dragging.end();
    await eventually(() => requests.length === 2);
    expect(requests[1]!.body).toMatchObject({ diameterMm: 40, options: { rotationDeg: [0, 0, 35] } });
  });

  test('a nodule that is only moved keeps its size to the tenth of a millimetre', async () => {
    const { dragging, store } = await shown();
    store.set({ diameterMm: 31.3 });
    dragging.begin();
    dragging.to(at([2, 1, 1], 31.3));
    expect(store.get().diameterMm).toBe(31.3);
    dragging.to(at([2, 1, 1], 31.7));
    expect(store.get().diameterMm).toBe(31.5);
  });

  test('what is carried is marked as a preview, though the original was looked at', async () => {
    const { dragging, previews, store } = await shown();
    previews.flip();
    expect(sceneOf(store.get()).badge).toBeNull();
    dragging.begin();
    dragging.to(at([2, 1, 1]));
    previews.flip();
    dragging.to(at([3, 1, 1]));
    expect(sceneOf(store.get()).badge?.text).toContain('PREVIEW');
  });

  test('where the server refuses, the preview goes and the nearest place is offered', async () => {
    const { dragging, requests, calls, store } = await shown();
    dragging.begin();
    dragging.to(at([50, 1, 1]));
    void dragging.end();
    await eventually(() => requests.length === 2);
    requests[1]!.answer(422, refusal);
    await settled();
    expect(store.get().refusal).toEqual({ message: 'No lung.', nearestAllowed: [7, 7, 7] });
    expect([store.get().preview, calls.at(-1)]).toEqual([null, 'hidePreview']);
    // The refused ring is dragged on, with nothing to carry.
    calls.length = 0;
    expect(dragging.begin()).toBe(true);
    dragging.to(at([20, 1, 1]));
    expect([store.get().refusal, calls]).toEqual([null, []]);
  });

  test('given up, everything is as it was', async () => {
    const { dragging, requests, calls, store, previews } = await shown();
    previews.lookAt('difference');
    const before = store.get();
    dragging.begin();
    dragging.to(at([9, 9, 9], 20, [5, 5, 5]));
    expect(store.get().look).toBe('whole');
    await settled();
    dragging.cancel();
    expect(store.get()).toEqual(before);
    expect(calls.at(-1)).toBe('lookAt difference');
    await dragging.end();
    expect(requests).toHaveLength(1);
  });

  test('let go where it was taken, nothing is asked', async () => {
    const { dragging, requests, calls } = await shown();
    dragging.begin();
    dragging.to(at([3, 1, 1]));
    dragging.to(at([1, 1, 1]));
    await dragging.end();
    expect([requests.length, calls.at(-1)]).toEqual([1, 'lookAt preview']);
  });

  test('takes the place of a preview that is still being made', async () => {
    const { dragging, placement, requests, store } = await shown();
    void placement.placeAt([2, 2, 2]);
    expect(store.get().previewing).toBe(true);
    dragging.begin();
    expect(store.get().previewing).toBe(false);
    dragging.to(at([3, 2, 2]));
    requests[1]!.answer(201, preview('late', [2, 2, 2]));
    await settled();
    expect(store.get().preview?.id).toBe('first');
    void dragging.end();
    await eventually(() => requests.length === 3);
    expect(requests[2]!.body).toMatchObject({ centre: [3, 2, 2] });
  });

  test('what is not confirmed yet cannot be accepted or kept', async () => {
    const { desk: shared, dragging, previews, placement, requests, store } = await shown();
    const acceptance = new Acceptance(shared);
    const tries = async (): Promise<unknown> => {
      await acceptance.accept();
      previews.keep();
      return [store.get().stack.length, requests.filter(({ what }) => what.includes('accept')).length];
    };
    dragging.nudge(at([2, 1, 1]));
    expect([await tries(), store.get().unsettled]).toEqual([[0, 0], true]);
    dragging.cancel();
    expect(store.get().unsettled).toBe(false);
    placement.setDiameter(20);
    expect(await tries()).toEqual([0, 0]);
    await eventually(() => requests.length === 2);
    requests[1]!.answer(201, { ...preview('second', [1, 1, 1]), diameterMm: 20 });
    await settled();
    expect(store.get().unsettled).toBe(false);
    void acceptance.accept();
    expect(requests.at(-1)!.what).toMatch(/accept$/);
  });

  test('arrow keys that follow each other fast are one step', async () => {
    const { dragging, requests } = await shown();
    for (const x of [2, 3, 4]) dragging.nudge(at([x, 1, 1]));
    expect(requests).toHaveLength(1);
    await eventually(() => requests.length > 1);
    expect(requests[1]!.body).toMatchObject({ centre: [4, 1, 1] });
    await settled();
    expect(requests).toHaveLength(2);
  });

  test('what was undone before the keyboard settled is not asked for', async () => {
    const { dragging, requests, previews, store } = await shown();
    dragging.nudge(at([2, 1, 1]));
    await previews.undo();
    await dragging.end();
    expect([store.get().place, requests.length]).toEqual([null, 1]);
  });

  test('nothing can be dragged before there is a place, or while it is being written', async () => {
    const { desk: shared } = desk();
    const previews = new Previews(shared);
    const dragging = new Dragging(shared, previews, new Placement(shared, previews));
    expect(dragging.begin()).toBe(false);
    expect(sceneOf(shared.store.get()).handles).toBeNull();
    const given = await shown();
    given.store.set({ job: { state: 'running' } as Job });
    expect(given.dragging.begin()).toBe(false);
    expect(sceneOf(given.store.get()).handles).toBeNull();
  });
});
