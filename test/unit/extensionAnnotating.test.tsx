/** The user marks a nodule: what is asked, what is sent, and that nothing is lost unsaid. */
import { describe, expect, test } from '@jest/globals';
import type { Nodule, PointLps } from '@nodulelab/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { AnnotateForm } from '../../extension/src/panel/AnnotateForm.tsx';
import { AnnotatedActions } from '../../extension/src/panel/AnnotatedActions.tsx';
import { whyNotAnnotate } from '../../extension/src/service/annotating.ts';
import { sceneOf } from '../../extension/src/service/sceneOf.ts';
import { nextStep } from '../../extension/src/state/nextStep.ts';
import { annotated, imported, MASK, memory, RATINGS, startAnnotating } from '../support/annotating.ts';
import { preview, settled } from '../support/extensionDesk.ts';

const at: PointLps = [10, 20, 30];

describe('marking a nodule', () => {
  test('begins with nothing rated and the next click as its middle', () => {
    const { annotating, now, store, calls } = startAnnotating();
    annotating.begin();
    expect(now()).toMatchObject({ way: 'ellipsoid', picking: true, ratings: {}, dirty: false });
    expect(sceneOf(store.get()).picking).toBe(true);
    annotating.clickAt(at);
    expect(now()?.ellipsoid).toEqual({ centre: at, diametersMm: [10, 10, 10] });
    expect(calls).toContain('jumpTo 1.2');
    // A further click is for the viewer's own tools.
    annotating.clickAt([0, 0, 0]);
    expect(now()?.ellipsoid?.centre).toEqual(at);
  });

  test('is drawn live in every plane and said to be unsaved', () => {
    const { annotating, store } = startAnnotating();
    annotating.begin();
    expect(sceneOf(store.get()).badge).toBeNull();
    annotating.clickAt(at);
    annotating.setDiameter(1, 7.3);
    expect(sceneOf(store.get())).toMatchObject({
      draft: { centre: at, diametersMm: [10, 7.5, 10] },
      badge: { text: 'ANNOTATION \u00b7 NOT SAVED' },
    });
  });

  test('follows its handles: the rim gives a diameter, the middle moves within the plane', () => {
    const { annotating, now } = startAnnotating();
    annotating.begin();
    annotating.clickAt(at);
    const plane = { point: [0, 0, 30] as PointLps, normal: [0, 0, 1] as PointLps };
    annotating.drag(0, [16, 20, 30], plane);
    annotating.drag('centre', [11, 22, 30.4], plane);
    expect(now()?.ellipsoid).toEqual({ centre: [11, 22, 30], diametersMm: [12, 10, 10] });
    annotating.drag(1, [11, 400, 30], plane);
    expect(now()?.ellipsoid?.diametersMm[1]).toBe(60);
  });

  test('is not saved before it is drawn, rated in all nine and signed, and says what is missing', async () => {
    const { annotating, now, requests, rateAll } = startAnnotating();
    annotating.begin();
    const problem = async (): Promise<string | null | undefined> => {
      expect(await annotating.save()).toBe(false);
      return now()?.problem;
    };
    expect(await problem()).toMatch(/^Click the middle/);
    annotating.clickAt(at);
    expect(await problem()).toMatch(/^Rate the nine/);
    rateAll();
    annotating.rate('margin', null);
    annotating.rate('texture', null);
    expect(await problem()).toMatch(/^Not rated yet: margin, texture\./);
    rateAll();
    annotating.setAuthor('  ');
    expect(await problem()).toMatch(/^Say who/);
    expect(requests).toEqual([]);
  });

  test('is sent as drawn and rated, listed at once and selected; its objects appear in the study browser', async () => {
    const { annotating, requests, rateAll, store, saved, calls, now } = startAnnotating();
    annotating.begin();
    annotating.clickAt(at);
    annotating.setDiameter(2, 6);
    rateAll();
    annotating.setAuthor(' Anna ');
    void annotating.save();
    expect(now()?.saving).toBe(true);
    expect(requests[0]).toMatchObject({
      what: 'POST /api/series/1.2/annotations',
      body: {
        shape: { kind: 'ellipsoid', centre: at, radiiMm: [5, 5, 3] },
        characteristics: RATINGS,
        author: 'Anna',
      },
    });
    const made = { ...annotated, id: 'new', number: 3 };
    requests[0]!.answer(201, made);
    await settled();
    expect(now()).toBeNull();
    expect(store.get().nodules.map(({ id }) => id)).toEqual(['lidc', annotated.id, 'new']);
    expect(saved).toEqual(['new']);
    const { segmentation, report } = annotated.annotation!;
    expect(calls.filter((call) => call.startsWith('discover'))).toEqual([
      `discover 1 ${segmentation.seriesInstanceUID}`,
      `discover 1 ${report.seriesInstanceUID}`,
    ]);
  });

  test('remembers who reads for the next one', async () => {
    const storage = memory();
    const { annotating, requests, rateAll, now } = startAnnotating(storage);
    annotating.begin();
    annotating.clickAt(at);
    rateAll();
    annotating.setAuthor('Anna');
    void annotating.save();
    requests[0]!.answer(201, annotated);
    await settled();
    annotating.begin();
    expect(now()?.author).toBe('Anna');
    expect(now()?.ratings).toEqual({});
  });

  test('that the server refuses stays as it is, with the reason', async () => {
    const { annotating, requests, rateAll, now } = startAnnotating();
    annotating.begin();
    annotating.clickAt(at);
    rateAll();
    annotating.setAuthor('Anna');
    void annotating.save();
    requests[0]!.answer(422, {
      ...{ type: 'about:blank', title: 'Not usable', status: 422, kind: 'unusable' },
      detail: 'What was drawn lies outside the CT.',
    });
    await settled();
    expect(now()).toMatchObject({
      saving: false,
      problem: 'Not saved. What was drawn lies outside the CT.',
      ellipsoid: { centre: at },
      ratings: RATINGS,
    });
  });

  test('of a server that is gone stays too, and the panel says that it is gone', async () => {
    const { annotating, requests, rateAll, now, store } = startAnnotating();
    annotating.begin();
    annotating.clickAt(at);
    rateAll();
    annotating.setAuthor('Anna');
    void annotating.save();
    requests[0]!.answer(503, null);
    await settled();
    expect(store.get().connection).toBe('lost');
    expect(now()).toMatchObject({ saving: false, ratings: RATINGS });
  });

  test('is left at once where nothing was done, else only after a question', () => {
    const { annotating, now, diary } = startAnnotating();
    annotating.begin();
    annotating.cancel();
    expect(now()).toBeNull();
    annotating.begin();
    annotating.clickAt(at);
    annotating.cancel();
    expect(now()).toMatchObject({ leaving: true, ellipsoid: { centre: at } });
    annotating.keep();
    expect(now()).toMatchObject({ leaving: false, ellipsoid: { centre: at } });
    annotating.cancel();
    annotating.discard();
    expect(now()).toBeNull();
    expect(diary.at(-1)).toBe('stop');
  });

  test('outlives a look at another series, where clicks and outlines are not its own', async () => {
    const { annotating, now, store, calls } = startAnnotating();
    annotating.begin();
    annotating.pick(true);
    annotating.atCrosshair();
    const host = store.get().host!;
    store.set({ host: { ...host, seriesInstanceUID: '1.9' } });
    annotating.pick(true);
    annotating.clickAt(at);
    expect(now()?.ellipsoid?.centre).toEqual([1, 2, 3]);
    expect(sceneOf(store.get())).toMatchObject({ draft: null, badge: null });
    await annotating.showHost();
    expect(calls.slice(-2)).toEqual(['discover 1 1.2', 'open 1.2']);
  });

  test('is not begun on a synthetic series or beneath a preview, and says why', () => {
    const { annotating, now, store } = startAnnotating();
    store.set({ preview: preview('p', at) });
    annotating.begin();
    expect(now()).toBeNull();
    expect(whyNotAnnotate(store.get())).toMatch(/preview first/);
    const written = { kind: 'insert', candidateId: 'c', noduleId: null, centre: at, diameterMm: 9 } as const;
    store.set({ preview: null, synthetic: [{ ...written, sourceSeriesInstanceUID: '1.1' }] });
    annotating.begin();
    expect(now()).toBeNull();
    expect(whyNotAnnotate(store.get())).toMatch(/original/);
  });

  test('is the one next step while it lasts', () => {
    const { annotating, store, rateAll } = startAnnotating();
    annotating.begin();
    expect(nextStep(store.get())).toEqual({
      step: 'nodule',
      sentence: 'Click the middle of the nodule first.',
    });
    annotating.clickAt(at);
    rateAll();
    annotating.setAuthor('Anna');
    expect(nextStep(store.get()).sentence).toMatch(/^Save it/);
  });
});

describe('the brush', () => {
  test('begins with the ellipsoid that is there, and what is painted is what is sent', async () => {
    const { annotating, diary, grounds, now, rateAll, requests } = startAnnotating();
    annotating.begin();
    annotating.clickAt(at);
    await annotating.setWay('brush');
    expect(diary).toEqual(['start 1.2', 'use paint 3']);
    expect(grounds[0]).toMatchObject({ kind: 'ellipsoid', ellipsoid: { centre: at } });
    annotating.painted(MASK);
    annotating.setBrush({ tool: 'erase', radiusMm: 400 });
    expect(diary.at(-1)).toBe('use erase 15');
    rateAll();
    annotating.setAuthor('Anna');
    void annotating.save();
    expect(requests[0]?.body).toMatchObject({ shape: MASK });
    expect(now()?.saving).toBe(true);
  });

  test('has nothing to save before something is painted', async () => {
    const { annotating, now } = startAnnotating();
    annotating.begin();
    await annotating.setWay('brush');
    expect(await annotating.save()).toBe(false);
    expect(now()?.problem).toMatch(/^Paint the nodule/);
  });

  test('is put away and taken again without losing a voxel: another way, another series', async () => {
    const { annotating, diary, grounds, store, now } = startAnnotating();
    annotating.begin();
    await annotating.setWay('brush');
    annotating.painted(MASK);
    await annotating.setWay('ellipsoid');
    expect(diary.at(-1)).toBe('stop');
    annotating.painted(null);
    expect(now()?.painting).toEqual(MASK);
    await annotating.setWay('brush');
    expect(grounds.at(-1)).toEqual({ kind: 'mask', mask: MASK });
    const host = store.get().host!;
    await annotating.hostChanged({ ...host, seriesInstanceUID: '1.9' });
    expect(diary.at(-1)).toBe('stop');
    await annotating.hostChanged(host);
    expect(grounds.at(-1)).toEqual({ kind: 'mask', mask: MASK });
  });

  test('that another tool of the viewer has replaced says so', async () => {
    const { annotating, now } = startAnnotating();
    annotating.begin();
    await annotating.setWay('brush');
    annotating.toolChanged({ tool: null });
    const page = renderToStaticMarkup(<AnnotateForm annotating={annotating} annotation={now()!} />);
    expect(page).toContain('Another tool has the mouse');
  });
});

describe('a nodule that was marked here', () => {
  test('is changed from what it is; what is not drawn anew stays, and the list has its new state', async () => {
    const { annotating, now, requests, store } = startAnnotating();
    annotating.change(annotated.id);
    expect(now()).toMatchObject({ way: 'kept', ratings: annotated.marks[0]!.characteristics, dirty: false });
    annotating.rate('malignancy', 1);
    annotating.setAuthor('Ben');
    void annotating.save();
    expect(requests[0]).toMatchObject({
      what: `PUT /api/series/1.2/annotations/${annotated.id}`,
      body: { characteristics: { ...annotated.marks[0]!.characteristics, malignancy: 1 }, author: 'Ben' },
    });
    expect(requests[0]!.body).not.toHaveProperty('shape');
    requests[0]!.answer(200, { ...annotated, diameterMm: 11.1 });
    await settled();
    expect(store.get().nodules.map(({ id, diameterMm }) => [id, diameterMm])).toEqual([
      ['lidc', imported.diameterMm],
      [annotated.id, 11.1],
    ]);
  });

  test('is painted anew from its outlines', async () => {
    const { annotating, grounds } = startAnnotating();
    annotating.change(annotated.id);
    await annotating.setWay('brush');
    expect(grounds).toEqual([{ kind: 'outlines', contours: annotated.marks[0]!.contours }]);
  });

  test('is drawn anew from an ellipsoid about its size', async () => {
    const { annotating, now } = startAnnotating();
    annotating.change(annotated.id);
    await annotating.setWay('ellipsoid');
    expect(now()?.ellipsoid?.centre).toEqual(annotated.centre);
  });

  test('is deleted after a question, and its objects leave the study browser', async () => {
    const { annotating, requests, store, calls } = startAnnotating();
    store.set({ selectedNoduleId: annotated.id });
    annotating.askDelete(annotated.id);
    annotating.askDelete(null);
    await annotating.delete();
    expect(requests).toEqual([]);
    annotating.askDelete(annotated.id);
    void annotating.delete();
    expect(requests[0]!.what).toBe(`DELETE /api/series/1.2/annotations/${annotated.id}`);
    requests[0]!.answer(204, null);
    await settled();
    expect(store.get()).toMatchObject({ selectedNoduleId: null, deleting: null });
    expect(store.get().nodules.map(({ id }) => id)).toEqual(['lidc']);
    expect(calls.at(-1)).toBe('unlist 1');
  });

  test('is told apart from those of LIDC, which can be neither changed nor deleted', () => {
    const { annotating, now, store } = startAnnotating();
    annotating.change('lidc');
    annotating.askDelete('lidc');
    expect([now(), store.get().deleting]).toEqual([null, null]);
    const page = (nodule: Nodule): string =>
      renderToStaticMarkup(
        <AnnotatedActions nodule={nodule} annotating={annotating} asked={false} why={null} />,
      );
    expect(page(imported)).toBe('');
    expect(page(annotated)).toContain(`Marked by ${annotated.annotation!.author}`);
  });
});
