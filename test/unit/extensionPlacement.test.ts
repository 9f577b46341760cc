import { describe, expect, test } from '@jest/globals';
import { whyNotAnnotate } from '../../extension/src/service/annotating.ts';
import { Placement } from '../../extension/src/service/placement.ts';
import { Previews } from '../../extension/src/service/previews.ts';
import type { PlacementSetting, PointLps, RankedPlace } from '@nodulelab/contract';
import { placeLine } from '../../extension/src/state/proposals.ts';
import { desk, eventually, preview, settled } from '../support/extensionDesk.ts';

const place = (centre: PointLps, setting: PlacementSetting = 'parenchyma'): RankedPlace => ({
  ...{ centre, setting, clearanceMm: { pleura: 12.2, vessel: 3.4 }, lungShare: 1, score: 0.9 },
});

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

  const proposals = { diameterMm: 10, places: [place([9, 9, 9])] };

  test('a proposal that comes after a place was clicked changes nothing', async () => {
    const { desk: shared, requests } = desk();
    const placement = new Placement(shared, new Previews(shared));
    void placement.propose();
    void placement.placeAt([1, 1, 1]);
    expect(shared.store.get().proposing).toBe(false);
    requests[0]!.answer(200, proposals);
    await settled();
    expect(shared.store.get()).toMatchObject({ place: [1, 1, 1], proposed: null });
    expect(requests).toHaveLength(2);
  });

  test('a proposal for a CT that is not on the screen any more places nothing in the one that is', async () => {
    const { desk: shared, requests } = desk();
    const placement = new Placement(shared, new Previews(shared));
    void placement.propose();
    placement.abandon();
    shared.store.set({ host: { studyInstanceUID: '2', seriesInstanceUID: '2.2', description: '' } });
    requests[0]!.answer(200, proposals);
    await settled();
    expect(shared.store.get()).toMatchObject({ place: null, proposing: false, error: null });
    expect(requests).toHaveLength(1);
  });

  test('nothing can be annotated while a place is proposed: what comes would stand in the voxels', () => {
    const { desk: shared } = desk();
    expect(whyNotAnnotate(shared.store.get())).toBeNull();
    shared.store.set({ proposing: true });
    expect(whyNotAnnotate(shared.store.get())).toContain('the original');
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
    requests[1]!.answer(200, { diameterMm: 10, places: [place([4, 4, 4], 'juxta-pleural')] });
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

describe('proposed places', () => {
  const proposed = async () => {
    const made = desk();
    const placement = new Placement(made.desk, new Previews(made.desk));
    void placement.propose();
    const places = [place([1, 1, 1]), place([2, 2, 2]), place([3, 3, 3], 'juxta-pleural')];
    made.requests[0]!.answer(200, { diameterMm: 10, places });
    await settled();
    made.requests[1]!.answer(201, preview('first', [1, 1, 1]));
    await settled();
    return { ...made, placement, centre: () => made.desk.store.get().place };
  };
  const asks = (requests: readonly { readonly what: string }[]): number =>
    requests.filter(({ what }) => what === 'POST /api/proposals').length;

  test('are gone through from the best one on, and round again, without asking once more', async () => {
    const { requests, placement, centre } = await proposed();
    expect(requests[0]!.what).toBe('POST /api/proposals');
    const seen = [centre()];
    for (let n = 0; n < 3; n++) {
      void placement.propose();
      seen.push(centre());
    }
    void placement.proposeOther(-1);
    seen.push(centre());
    expect(seen).toEqual([
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
      [1, 1, 1],
      [3, 3, 3],
    ]);
    expect(asks(requests)).toBe(1);
  });

  test('are asked for anew for another size or kind of place', async () => {
    const { requests, placement } = await proposed();
    placement.setDiameter(20);
    void placement.propose();
    placement.setSetting('vessel-attached');
    void placement.propose();
    placement.abandon();
    expect(asks(requests)).toBe(3);
  });

  test('are told in words: what the place is, and how far from what it is not at', () => {
    expect([place([1, 1, 1]), place([1, 1, 1], 'juxta-pleural')].map(placeLine)).toEqual([
      'in the parenchyma, 12\u2009mm from the pleura, 3\u2009mm from a vessel',
      'at the pleura, 3\u2009mm from a vessel',
    ]);
  });
});
