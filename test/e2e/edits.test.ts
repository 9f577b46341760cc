import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Nodule, Welcome } from '@nodulelab/contract';
import { below, PLANES, until, ViewerPage } from '../support/browser.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

/** Half a slice of the small phantom, and a little. */
const NEAR_MM = 2;

describe('a user edits one CT several times and writes it as one series', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;
  let nodule: Nodule;
  let original: string;
  let untouched: string;
  let written: string;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    welcome = await product.welcome();
    const { nodules } = await product.nodules(welcome.seriesInstanceUID);
    nodule = nodules.find(({ id }) => id === welcome.noduleId)!;
    // The size that many readers still have: the panel must be usable on it.
    viewer = await ViewerPage.open(product.url, 'edits', 1280, 720);
    await viewer.page.goto(product.open);
    await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 120_000 });
    original = await viewer.volumeLoaded();
    untouched = await viewer.fingerprint(original);
  }, 400_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  /** In each viewport: how many samples of each colour the map of places has there. */
  const shaded = (): Promise<Record<string, number>[]> =>
    viewer.page.locator('[data-nodulelab=guard]').evaluateAll((found) =>
      (found as HTMLCanvasElement[]).map((canvas) => {
        const colours: Record<string, number> = {};
        if (canvas.hidden || canvas.width === 0) return colours;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        for (let n = 0; n < data.length; n += 4) {
          if (data[n + 3] === 0) continue;
          const colour = data.slice(n, n + 4).join(' ');
          colours[colour] = (colours[colour] ?? 0) + 1;
        }
        return colours;
      }),
    );

  step(
    'the map of allowed places lies over every plane, follows the kind of place, and goes away',
    async () => {
      await viewer.see('diameter').fill('8');
      await viewer.see('setting').selectOption('juxta-pleural');
      await viewer.see('guard').click();
      const ready = viewer.page.locator('[data-testid=guard-legend][data-ready=true]');
      await ready.waitFor();
      const atPleura = await until(shaded, (planes) =>
        planes.every((colours) => Object.keys(colours).length > 1),
      );
      expect(atPleura).toHaveLength(PLANES.length);
      for (const colours of atPleura) expect(Object.keys(colours).length).toBeGreaterThan(1);
      // The words for those who cannot tell the shades apart.
      const { x, y } = await viewer.position('axial', nodule.centre);
      await viewer.page.mouse.move(x, y);
      const words = viewer.page.locator('[data-nodulelab=guard-words]:visible');
      expect(await words.innerText()).toMatch(/^(Allowed here|Not here: |Not lung)/);
      await viewer.picture('map');

      const legend = viewer.see('guard-legend');
      const before = await legend.innerText();
      await viewer.see('setting').selectOption('parenchyma');
      await until(
        () => legend.innerText(),
        (text) => text !== before && !text.includes('Working'),
      );
      const inParenchyma = await shaded();
      for (const [n] of PLANES.entries()) expect(inParenchyma[n]).not.toEqual(atPleura[n]);
      await viewer.see('guard').click();
      expect(await shaded()).toEqual([{}, {}, {}]);
    },
    120_000,
  );

  step(
    'a nodule of the chosen kind of place, attenuation and turn is previewed',
    async () => {
      const { page } = viewer;
      await viewer.see('more').click();
      await viewer.see('attenuation').check();
      await viewer.see('mean-hu').fill('200');
      await viewer.see('quarter-turn').click();
      const asked = page.waitForRequest((request) => request.url().endsWith('/api/previews'));
      await viewer.see('propose').click();
      expect((await asked).postDataJSON()).toMatchObject({
        options: { setting: 'parenchyma', meanHu: 200, rotationDeg: [0, 0, 90] },
      });
      await viewer.see('checks').waitFor();
      expect(await viewer.fingerprint(original)).not.toBe(untouched);
      await viewer.picture('first');
    },
    90_000,
  );

  step(
    'checks explain themselves to the keyboard',
    async () => {
      const check = viewer.page.locator('[data-check=diameter] button');
      await check.focus();
      const explanation = viewer.see('explanation');
      const shown = await explanation.innerText();
      expect(shown).toMatch(/^Diameter \((good|fair|poor|not measured)\)\. ./);
      // What is read out is what is shown.
      const words = shown.replace(/^Diameter \((.*?)\)/, '$1');
      expect(await check.getAttribute('aria-description')).toBe(words);
    },
    30_000,
  );

  step(
    'another edit goes on top: the healthy twin of a nodule, on the screen with the first',
    async () => {
      await viewer.see('add-another').click();
      expect(await viewer.see('edits').locator('li').count()).toBe(1);
      const one = await viewer.fingerprint(original);
      await viewer.see('remove').click();
      await viewer.see('checks').waitFor();
      expect(await viewer.see('edits').locator('li').count()).toBe(2);
      expect(await viewer.see('edits').locator('li').last().getAttribute('data-kind')).toBe('remove');
      expect(await viewer.fingerprint(original)).not.toBe(one);
      for (const plane of PLANES)
        expect(await until(() => viewer.distance(plane, nodule.centre), below(NEAR_MM))).toBeLessThan(
          NEAR_MM,
        );
      const without = await viewer.huAt(original, nodule.centre);
      await viewer.picture('twin');
      await viewer.page.keyboard.press('p');
      await until(
        () => viewer.see('flip').innerText(),
        (text) => text.startsWith('Original'),
      );
      expect(await viewer.fingerprint(original)).toBe(untouched);
      expect((await viewer.huAt(original, nodule.centre)) - without).toBeGreaterThan(200);
      await viewer.page.keyboard.press('p');
    },
    90_000,
  );

  step(
    'the last edit is taken back and made again, and the first one stays',
    async () => {
      const both = await viewer.fingerprint(original);
      await viewer.see('remove-last').click();
      expect(
        await until(
          () => viewer.fingerprint(original),
          (now) => now !== both,
        ),
      ).not.toBe(both);
      expect(await viewer.fingerprint(original)).not.toBe(untouched);
      await viewer.see('remove').click();
      await viewer.see('checks').waitFor();
      expect(await viewer.fingerprint(original)).toBe(both);
    },
    60_000,
  );

  step(
    'a nodule that cannot become what was asked for stands on the others with a poor light',
    async () => {
      const { page } = viewer;
      await viewer.see('add-another').click();
      await viewer.see('setting').selectOption('vessel-attached');
      await viewer.see('diameter').fill('12');
      // Air in front of a vessel is no darker than the vessel leaves it.
      await viewer.see('mean-hu').fill('-800');
      const poor = page.locator('[data-check=mean-hu][data-verdict=bad]');
      for (let tries = 0; tries < 10 && (await poor.count()) === 0; tries++) {
        // What the program proposes is good; this is any place at a vessel.
        const at = await product.place(welcome.seriesInstanceUID, 12, tries, 'vessel-attached');
        await viewer.showSliceOf(at);
        const pick = viewer.see('pick');
        if ((await pick.getAttribute('aria-pressed')) !== 'true') await pick.click();
        const answered = page.waitForResponse((response) => response.url().endsWith('/api/previews'));
        await viewer.clickAt('axial', at);
        await answered;
        await page.waitForTimeout(500);
      }
      expect(await poor.count()).toBe(1);
      expect(await viewer.see('edits').locator('li').count()).toBe(3);
    },
    120_000,
  );

  step(
    'poor checks are accepted only when a person says so, and all edits become one series',
    async () => {
      await viewer.see('accept').click();
      await viewer.see('question').waitFor();
      await viewer.picture('question');
      expect(await product.jobs()).toEqual([]);
      await viewer.see('confirm').click();
      await viewer.see('written').waitFor({ timeout: 180_000 });
      written = await viewer.volumeLoaded(original);
      expect(await viewer.fingerprint(original)).toBe(untouched);

      const [created] = (await viewer.series('CT')).filter((uid) => uid !== welcome.seriesInstanceUID);
      const { synthetic } = await product.nodules(created!);
      expect(synthetic.map(({ kind }) => kind)).toEqual(['insert', 'remove', 'insert']);
      for (const { kind, centre } of synthetic.slice(0, 2)) {
        const change = (await viewer.huAt(written, centre)) - (await viewer.huAt(original, centre));
        expect(kind === 'insert' ? change : -change).toBeGreaterThan(200);
      }
      expect(await viewer.see('written').innerText()).toMatch(/SEG.*SR/s);
      const listed = await until(
        async () => [...(await viewer.series('SEG')), ...(await viewer.series('SR'))],
        (found) => found.length === 2,
      );
      expect(listed).toHaveLength(2);
      expect(
        (await product.archived(welcome.studyInstanceUID)).map(({ modality }) => modality).sort(),
      ).toEqual(['CT', 'CT', 'SEG', 'SR']);
      await viewer.picture('written');
    },
    300_000,
  );

  step(
    'the synthetic series takes one more edit, and letting go of it leaves the series as it is',
    async () => {
      const before = await viewer.fingerprint(written);
      await viewer.see('attenuation').uncheck();
      await viewer.see('propose').click();
      await viewer.see('checks').waitFor();
      expect(await viewer.badges('PREVIEW')).toBe(PLANES.length);
      expect(await viewer.fingerprint(written)).not.toBe(before);
      await viewer.picture('edited-further');
      await viewer.see('discard').click();
      await viewer.see('written').waitFor();
      expect(await viewer.fingerprint(written)).toBe(before);
      expect(viewer.errors).toEqual([]);
      expect(viewer.foreign).toEqual([]);
    },
    120_000,
  );
});
