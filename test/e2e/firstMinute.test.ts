import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Welcome } from '@nodulelab/contract';
import { findings } from '../support/axe.ts';
import { type Point, until, ViewerPage } from '../support/browser.ts';
import { Product } from './product.ts';
import { renderingOf } from './rendering.ts';
import { walk } from './walk.ts';

/** Half a slice of the small phantom, and a little. */
const NEAR_MM = 2;

describe('the first minute of somebody who has never been here', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;
  let original: string;
  let untouched: string;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    welcome = await product.welcome();
    viewer = await ViewerPage.open(product.url, 'first-minute', 1500, 900, { tour: true });
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  const stop = async (): Promise<string | null> => viewer.see('tour').getAttribute('data-stop');

  step(
    'the address that is told opens the demo study with a nodule, candidates, one next step and the tour',
    async () => {
      await viewer.page.goto(product.open);
      await viewer.see('tour').waitFor({ timeout: 120_000 });
      await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 90_000 });
      original = await viewer.volumeLoaded();
      const { nodules } = await product.nodules(welcome.seriesInstanceUID);
      const selected = nodules.find(({ id }) => id === welcome.noduleId)!;
      expect(await viewer.see(`nodule-${selected.number}`).getAttribute('aria-pressed')).toBe('true');
      expect(await viewer.page.locator('.nl-section[data-next=true]').count()).toBe(1);
      untouched = await viewer.fingerprint(original);
    },
    300_000,
  );

  step(
    'the tour stands beside the panel, and the arrow keys lead through its sections to the end',
    async () => {
      const { page } = viewer;
      expect(await findings(page, '[data-testid=tour]')).toEqual([]);
      const panel = (await viewer.see('nodulelab-panel').boundingBox())!;
      const titles: string[] = [];
      for (let at = 0; at < 7; at++) {
        expect(await stop()).toBe(String(at));
        const card = (await viewer.see('tour').boundingBox())!;
        expect(card.x + card.width).toBeLessThanOrEqual(panel.x);
        expect(card.y).toBeGreaterThanOrEqual(0);
        expect(card.y + card.height).toBeLessThanOrEqual(900);
        expect(await page.locator('[data-tour=here]').count()).toBe(1);
        titles.push(await viewer.see('tour').locator('b').innerText());
        if (at === 1 || at === 3) await viewer.picture(`tour-${at}`);
        await page.keyboard.press('ArrowRight');
      }
      expect(new Set(titles).size).toBe(7);
      expect(await viewer.see('tour').count()).toBe(0);
      expect(await page.locator('[data-tour=here]').count()).toBe(0);
    },
    60_000,
  );

  step(
    'it is not shown again, but started from the panel, and Escape or one press ends it',
    async () => {
      await viewer.page.reload();
      await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 120_000 });
      original = await viewer.volumeLoaded();
      expect(await viewer.see('tour').count()).toBe(0);
      await viewer.see('tour-start').click();
      await viewer.page.keyboard.press('ArrowDown');
      expect(await stop()).toBe('1');
      await viewer.page.keyboard.press('ArrowLeft');
      expect(await stop()).toBe('0');
      await viewer.page.keyboard.press('Escape');
      expect(await viewer.see('tour').count()).toBe(0);
      await viewer.see('tour-start').click();
      await viewer.see('tour-skip').click();
      expect(await viewer.see('tour').count()).toBe(0);
    },
    240_000,
  );

  step(
    'a press on the toolbar adds a rendering of the surroundings, and the planes stay as they are',
    async () => {
      const camera = (): Promise<number[]> =>
        viewer.page.evaluate(() => {
          const { services } = window as unknown as {
            services: {
              cornerstoneViewportService: {
                getCornerstoneViewport(id: string): {
                  getCamera(): { focalPoint: Point; parallelScale: number };
                };
              };
            };
          };
          const { focalPoint, parallelScale } = services.cornerstoneViewportService
            .getCornerstoneViewport('nodulelab-axial')
            .getCamera();
          return [...focalPoint, parallelScale];
        });
      const before = await camera();
      await viewer.page.locator('[data-cy=NoduleLab3D]').click();
      const rendering = await until(
        () => renderingOf(viewer),
        ({ lit }) => lit > 0.02,
      );
      expect(rendering.lit).toBeGreaterThan(0.02);
      const moved = (await camera()).map((value, n) => Math.abs(value - before[n]!));
      expect(Math.max(...moved)).toBeLessThan(NEAR_MM);
      expect(await viewer.page.locator('[data-cy=viewport-pane]').count()).toBe(4);
      await viewer.picture('three-dimensions');
    },
    180_000,
  );

  step(
    'a preview is seen in it, with its badge, and goes with it',
    async () => {
      await viewer.see('propose').click();
      await viewer.see('checks').waitFor();
      expect(
        await until(
          () => viewer.badges('PREVIEW'),
          (count) => count === 4,
        ),
      ).toBe(4);
      await viewer.page.waitForTimeout(3000);
      const on = await renderingOf(viewer);
      await viewer.picture('preview-in-3d');
      await viewer.page.keyboard.press('p');
      const off = await until(
        () => renderingOf(viewer),
        ({ picture }) => picture !== on.picture,
      );
      expect(off.picture).not.toBe(on.picture);
      // What changes is in the middle, where the place is: the corners lie outside the box.
      const change = on.cells.map((value, cell) => Math.abs(value - off.cells[cell]!));
      const middle = change[Math.floor(change.length / 2)]!;
      expect(middle).toBeGreaterThan(10);
      expect(change[0]).toBeLessThan(1);
      expect(change.at(-1)).toBeLessThan(1);
      await viewer.page.keyboard.press('p');
      await until(
        () => renderingOf(viewer),
        ({ picture }) => picture !== off.picture,
      );
    },
    180_000,
  );

  step(
    'another press takes it away, and the CT is as it was',
    async () => {
      await viewer.page.locator('[data-cy=NoduleLab3D]').click();
      const panes = viewer.page.locator('[data-cy=viewport-pane]');
      expect(
        await until(
          () => panes.count(),
          (count) => count === 3,
        ),
      ).toBe(3);
      await viewer.see('discard').click();
      expect(
        await until(
          () => viewer.fingerprint(original),
          (now) => now === untouched,
        ),
      ).toBe(untouched);
      await viewer.picture('planes-again');
      expect(viewer.errors).toEqual([]);
    },
    120_000,
  );
});
