import { describe, expect, test } from '@jest/globals';
import { Placement } from '../../extension/src/service/placement.ts';
import { Previews } from '../../extension/src/service/previews.ts';
import { desk, eventually, preview, settled } from '../support/extensionDesk.ts';

describe('placing a candidate', () => {
  test('of two quick clicks only the second is shown', async () => {
    const { desk: shared, requests, calls } = desk();
    const placement = new Placement(shared, new Previews(shared));
    void placement.placeAt([1, 1, 1]);
    void placement.placeAt([2, 2, 2]);
    requests[1]!.answer(201, preview('second', [2, 2, 2]));
    requests[0]!.answer(201, preview('first', [1, 1, 1]));
    await settled();
    expect(shared.store.get().preview?.id).toBe('second');
    expect(calls.filter((call) => call.startsWith('showPreview'))).toHaveLength(1);
  });

  test('a refusal names its reason, puts the voxels back and waits for another click', async () => {
    const { desk: shared, requests, calls } = desk();
    const placement = new Placement(shared, new Previews(shared));
    void placement.placeAt([1, 1, 1]);
    requests[0]!.answer(422, {
      type: 'about:blank',
      title: 'Not usable',
      status: 422,
      detail: 'The place is outside the lung.',
      kind: 'unusable',
      details: { nearestAllowed: [4, 5, 6] },
    });
    await settled();
    const { refusal, picking, preview: shown, previewing } = shared.store.get();
    expect(refusal).toEqual({ message: 'The place is outside the lung.', nearestAllowed: [4, 5, 6] });
    expect([picking, shown, previewing]).toEqual([true, null, false]);
    expect(calls.at(-1)).toBe('hidePreview');
  });

  test('discarding tells the server too and leaves no place', async () => {
    const { desk: shared, requests } = desk();
    const previews = new Previews(shared);
    const placement = new Placement(shared, previews);
    void placement.placeAt([1, 1, 1]);
    requests[0]!.answer(201, preview('p', [1, 1, 1]));
    await settled();
    previews.discard();
    expect(requests[1]!.what).toBe('DELETE /api/previews/p');
    expect([shared.store.get().place, shared.store.get().preview]).toEqual([null, null]);
  });

  test('a server that is gone shows as a lost connection, and the place is kept', async () => {
    const { desk: shared, requests } = desk();
    const placement = new Placement(shared, new Previews(shared));
    void placement.placeAt([1, 1, 1]);
    requests[0]!.answer(503, null);
    await settled();
    expect([shared.store.get().connection, shared.store.get().place]).toEqual(['lost', [1, 1, 1]]);
  });

  test('kind of place, attenuation and turn go to the proposal and the preview, and nothing where nothing is chosen', async () => {
    const { desk: shared, requests } = desk();
    const placement = new Placement(shared, new Previews(shared));
    void placement.placeAt([1, 1, 1]);
    expect(requests[0]!.body).not.toHaveProperty('options');
    requests[0]!.answer(503, null);
    await settled();
    placement.setSetting('juxta-pleural');
    placement.setMeanHu(-321.4);
    placement.setTurn([0, 15, 0]);
    void placement.propose();
    expect(requests[1]!.body).toMatchObject({ setting: 'juxta-pleural' });
    requests[1]!.answer(200, { centre: [4, 4, 4], setting: 'juxta-pleural' });
    await settled();
    expect(requests[2]!.body).toMatchObject({
      centre: [4, 4, 4],
      options: { setting: 'juxta-pleural', meanHu: -321, rotationDeg: [0, 15, 0] },
    });
    placement.abandon();
  });

  test('values that cannot be asked for are not taken', () => {
    const { desk: shared } = desk();
    const placement = new Placement(shared, new Previews(shared));
    placement.setMeanHu(5000);
    expect(shared.store.get().meanHu).toBe(200);
    placement.setMeanHu(Number.NaN);
    placement.setTurn([0, Number.NaN, 0]);
    expect([shared.store.get().meanHu, shared.store.get().turnDeg]).toEqual([200, [0, 0, 0]]);
    placement.setMeanHu(null);
    expect(shared.store.get().meanHu).toBeNull();
  });

  test('a changed option is previewed at the same place once it has settled', async () => {
    const { desk: shared, requests } = desk();
    const placement = new Placement(shared, new Previews(shared));
    void placement.placeAt([1, 1, 1]);
    requests[0]!.answer(201, preview('p', [1, 1, 1]));
    await settled();
    placement.setTurn([15, 0, 0]);
    placement.setTurn([30, 0, 0]);
    await eventually(() => requests.length > 1);
    expect(requests.map(({ what }) => what)).toEqual(['POST /api/previews', 'POST /api/previews']);
    expect(requests[1]!.body).toMatchObject({ centre: [1, 1, 1], options: { rotationDeg: [30, 0, 0] } });
  });
});
