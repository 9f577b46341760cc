import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Welcome } from '@nodulelab/contract';
import { findings } from '../support/axe.ts';
import { ViewerPage } from '../support/browser.ts';
import { writePatchSet } from '../support/patchSet.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

const PANEL = '[data-testid=nodulelab-panel]';

describe('axe-core finds nothing serious or critical', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    await writePatchSet(join(product.dataDir, 'datasets', 'balls'), 16);
    welcome = await product.welcome();
    viewer = await ViewerPage.open(product.url, 'accessibility', 1280, 720);
    await viewer.page.goto(product.open);
    await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 120_000 });
    await viewer.volumeLoaded();
  }, 400_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  step(
    'in the panel as it opens, with its tour',
    async () => {
      expect(await findings(viewer.page, PANEL)).toEqual([]);
      await viewer.picture('opened');
    },
    60_000,
  );

  step(
    'in the nodules with their filters and the ratings of their readers',
    async () => {
      const { nodules } = await product.nodules(welcome.seriesInstanceUID);
      await viewer.see(`nodule-${nodules[0]!.number}`).click();
      await viewer.see('filters-fold').click();
      await viewer.see('ratings-fold').click();
      expect(await findings(viewer.page, PANEL)).toEqual([]);
      await viewer.picture('nodules');
      await viewer.see('ratings-fold').click();
      await viewer.see('filters-fold').click();
    },
    60_000,
  );

  step(
    'in Generate with its wishes, and in the card of the generator',
    async () => {
      await viewer.see('wishes-fold').click();
      expect(await findings(viewer.page, PANEL)).toEqual([]);
      await viewer.picture('wishes');
      await viewer.see('wishes-fold').click();
      await viewer.see('model-fold').click();
      await viewer.see('model-card').waitFor();
      expect(await findings(viewer.page, PANEL)).toEqual([]);
      await viewer.picture('card');
      await viewer.see('model-fold').click();
    },
    60_000,
  );

  step(
    'in the annotation form: begun, incomplete, with the brush, and asked whether it may be lost',
    async () => {
      await viewer.see('annotate').click();
      expect(await findings(viewer.page, PANEL)).toEqual([]);
      await viewer.see('annotate-crosshair').click();
      await viewer.see('annotate-save').click();
      await viewer.see('annotate-problem').waitFor();
      expect(await findings(viewer.page, PANEL)).toEqual([]);
      await viewer.picture('annotate');
      await viewer.see('way-brush').click();
      await viewer.see('annotate-cancel').click();
      await viewer.see('annotate-leaving').waitFor();
      expect(await findings(viewer.page, PANEL)).toEqual([]);
      await viewer.picture('leaving');
      await viewer.see('annotate-discard').click();
    },
    90_000,
  );

  step(
    'with a preview, its checks, the map of places and all options of the place',
    async () => {
      await viewer.see('propose').click();
      await viewer.see('checks').waitFor({ timeout: 60_000 });
      expect(await findings(viewer.page, PANEL)).toEqual([]);
      await viewer.picture('preview');
      await viewer.see('more').click();
      await viewer.see('guard').click();
      await viewer.page.locator('[data-testid=guard-legend][data-ready=true]').waitFor();
      expect(await findings(viewer.page, PANEL)).toEqual([]);
      await viewer.picture('place');
      await viewer.see('guard').click();
      await viewer.see('more').click();
    },
    120_000,
  );

  step(
    'on a written series, with its job and where it comes from',
    async () => {
      await viewer.see('accept').click();
      await viewer.see('written').or(viewer.see('confirm')).waitFor({ timeout: 180_000 });
      if ((await viewer.see('confirm').count()) > 0) await viewer.see('confirm').click();
      await viewer.see('written').waitFor({ timeout: 180_000 });
      await viewer.see('provenance-fold').click();
      await viewer.see('provenance-card').waitFor();
      expect(await findings(viewer.page, PANEL)).toEqual([]);
      await viewer.picture('written');
    },
    300_000,
  );

  step(
    'in what is laid over the planes and the thumbnails',
    async () => {
      expect(await viewer.page.locator('[data-nodulelab]').count()).toBeGreaterThan(0);
      expect(await findings(viewer.page, '[data-nodulelab]')).toEqual([]);
    },
    90_000,
  );

  step(
    'in the panel of trainings and models, and in its form',
    async () => {
      await viewer.page.locator('[data-cy=training-btn]').click();
      await viewer.see('training-panel').waitFor();
      expect(await findings(viewer.page, '[data-testid=training-panel]')).toEqual([]);
      await viewer.see('training-new').click();
      expect(await findings(viewer.page, '[data-testid=training-panel]')).toEqual([]);
      await viewer.picture('training');
    },
    60_000,
  );
});
