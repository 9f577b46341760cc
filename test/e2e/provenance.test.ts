import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Welcome } from '@nodulelab/contract';
import { acceptPreview } from '../support/acceptPreview.ts';
import { findings } from '../support/axe.ts';
import { PLANES, until, ViewerPage } from '../support/browser.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

describe('what is synthetic says so, and where it comes from', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;
  let original: string;
  let written: string;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    welcome = await product.welcome();
    viewer = await ViewerPage.open(product.url, 'provenance');
    await viewer.page.goto(product.open);
    await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 120_000 });
    original = await viewer.volumeLoaded();
  }, 400_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  /** Descriptions of the thumbnails that carry the badge, of all that are listed. */
  const badged = (): Promise<{ marked: string[]; plain: string[] }> =>
    viewer.page.locator('[id^=thumbnail-]').evaluateAll((found) => {
      const sorted = { marked: [] as string[], plain: [] as string[] };
      for (const thumbnail of found) {
        const badge = getComputedStyle(thumbnail, '::after').content.includes('SYNTHETIC');
        const description = thumbnail.querySelector('[data-cy=series-description-label]')?.textContent ?? '';
        sorted[badge ? 'marked' : 'plain'].push(description);
      }
      return sorted;
    });

  const showsSeries = (uid: string): Promise<string> =>
    until(
      async () =>
        (await viewer.page
          .getByTestId('origin')
          .getAttribute('data-series')
          .catch(() => '')) ?? '',
      (shown) => shown === uid,
    );

  step(
    'a CT that nothing was made of carries no badge and no line about its origin',
    async () => {
      const { marked, plain } = await badged();
      expect(marked).toEqual([]);
      expect(plain.length).toBeGreaterThan(0);
      expect(await viewer.see('origin').count()).toBe(0);
      expect(await viewer.badges('SYNTHETIC')).toBe(0);
    },
    60_000,
  );

  step(
    'what is written from it has a badge on every thumbnail and every viewport, and the original none',
    async () => {
      await viewer.see('propose').click();
      await viewer.see('checks').waitFor();
      await acceptPreview(viewer);
      await viewer.see('written').waitFor({ timeout: 120_000 });
      written = await viewer.volumeLoaded(original);
      const { marked, plain } = await until(badged, (found) => found.marked.length >= 3);
      expect(marked).toHaveLength(3);
      expect(marked.every((description) => description.startsWith('SYNTHETIC'))).toBe(true);
      expect(plain.some((description) => description.startsWith('SYNTHETIC'))).toBe(false);
      expect(await viewer.badges('SYNTHETIC')).toBe(PLANES.length);
      await viewer.picture('badges');
    },
    240_000,
  );

  step(
    'its provenance is one press away: what was edited, by what, with which seed, from what, when, signed',
    async () => {
      const [source, made] = await Promise.all([
        product.provenance(welcome.seriesInstanceUID),
        product.provenance((await viewer.series('CT')).find((uid) => uid !== welcome.seriesInstanceUID)!),
      ]);
      if (made.kind !== 'synthetic' || source.kind !== 'original') throw new Error('not what was written');
      const [edit] = made.edits!;
      if (edit?.kind !== 'insert') throw new Error('no nodule was inserted');
      await viewer.see('origin').waitFor();
      await viewer.see('provenance-fold').focus();
      await viewer.page.keyboard.press('Enter');
      const card = await viewer.see('provenance-card').innerText();
      expect(card).toContain(`${edit.measured.diameterMm.toFixed(1)}\u2009mm inserted`);
      expect(card).toContain(
        `Generator ${edit.model!.name}, seed ${edit.seed}, candidate ${edit.index! + 1}.`,
      );
      expect(card).toContain(edit.model!.sha256!.slice(0, 12));
      expect(card).toContain(made.source!.description!);
      expect(card).toMatch(new RegExp(`Written\\s+.*${new Date(made.writtenAt!).getFullYear()}`));
      expect(await viewer.see('signature').getAttribute('data-state')).toBe('valid');
      expect(source.madeOfIt.map(({ seriesInstanceUID }) => seriesInstanceUID)).toEqual([
        made.seriesInstanceUID,
      ]);
      expect(await findings(viewer.page, '[data-testid=origin]')).toEqual([]);
      await viewer.picture('provenance');
    },
    60_000,
  );

  step(
    'one click opens the original, and from there one click opens what was made of it',
    async () => {
      await viewer.see('open-source').click();
      expect(await viewer.volumeLoaded(written)).toBe(original);
      expect(
        await until(
          () => viewer.badges('SYNTHETIC'),
          (count) => count === 0,
        ),
      ).toBe(0);
      expect(await showsSeries(welcome.seriesInstanceUID)).toBe(welcome.seriesInstanceUID);
      if ((await viewer.see('provenance-card').count()) === 0) await viewer.see('provenance-fold').click();
      await viewer.picture('original');
      await viewer.see('open-made').click();
      expect(await viewer.volumeLoaded(original)).toBe(written);
      expect(
        await until(
          () => viewer.badges('SYNTHETIC'),
          (count) => count === PLANES.length,
        ),
      ).toBe(PLANES.length);
    },
    120_000,
  );

  step(
    'a viewport that is not the active one says it too, and one with the original does not',
    async () => {
      await viewer.see('show-source').click();
      await viewer.volumeLoaded(written);
      await until(
        () => viewer.badges('SYNTHETIC'),
        (count) => count === 0,
      );
      const synthetic = viewer.page.locator('[id^=thumbnail-]', { hasText: 'SYNTHETIC - ' }).first();
      const coronal = viewer.page.locator('[data-cy=viewport-pane]').nth(2);
      await synthetic.dragTo(coronal);
      expect(
        await until(
          () => viewer.badges('SYNTHETIC'),
          (count) => count === 1,
        ),
      ).toBe(1);
      await viewer.page
        .locator('[data-cy=viewport-pane]')
        .first()
        .click({ position: { x: 30, y: 200 } });
      await viewer.page.waitForTimeout(1000);
      expect(await coronal.locator('[data-nodulelab=badge]', { hasText: 'SYNTHETIC' }).count()).toBe(1);
      expect(await viewer.badges('SYNTHETIC')).toBe(1);
      await viewer.picture('mixed');
    },
    120_000,
  );

  step(
    'nothing on the page failed',
    () => {
      expect(viewer.errors).toEqual([]);
    },
    5_000,
  );
});
