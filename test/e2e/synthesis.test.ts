import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { join } from 'node:path';
import type { Nodule, Welcome } from '@nodulelab/contract';
import { acceptPreview } from '../support/acceptPreview.ts';
import { writeConditionalModel } from '../support/conditionalModel.ts';
import { below, PLANES, type Point, until, ViewerPage } from '../support/browser.ts';
import { lookingSteps } from './lookingSteps.ts';
import { Product } from './product.ts';
import { ratingsAndOutlines } from './ratingsAndOutlines.ts';
import { walk } from './walk.ts';

/** Half a slice of the small phantom, and a little. */
const NEAR_MM = 2;
/** A generator that can be asked for size and looks; it was never trained. */
const CONDITIONAL = 'never-trained';

/** Each step goes on where the one before it ended, as a user does. */
describe('a user makes a synthetic nodule in the demo study', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;
  let nodules: readonly Nodule[];
  let original: string;
  let untouched: string;
  let place: Point;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    await writeConditionalModel(join(product.dataDir, 'models', CONDITIONAL), CONDITIONAL);
    welcome = await product.welcome();
    ({ nodules } = await product.nodules(welcome.seriesInstanceUID));
    viewer = await ViewerPage.open(product.url, 'synthesis');
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  async function openFromStudyList(): Promise<void> {
    await viewer.page.locator('tbody tr', { hasText: 'Thorax phantom' }).first().click();
    const mode = viewer.page.getByText('Nodule synthesis', { exact: true });
    await mode.waitFor();
    await viewer.picture('study-list');
    await mode.click();
    await viewer.see('nodulelab-panel').waitFor({ timeout: 90_000 });
  }

  step(
    'the study list offers the study for nodule synthesis',
    async () => {
      await viewer.page.goto(product.url);
      await openFromStudyList();
      expect(new URL(viewer.page.url()).pathname).toBe('/synthesis');
    },
    180_000,
  );

  step(
    'the panel opens with a nodule selected, candidates ready and one next step',
    async () => {
      await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 90_000 });
      original = await viewer.volumeLoaded();
      const selected = nodules.find(({ id }) => id === welcome.noduleId)!;
      expect(await viewer.see(`nodule-${selected.number}`).getAttribute('aria-pressed')).toBe('true');
      expect(await viewer.page.locator('[data-testid^=nodule-]').count()).toBe(nodules.length);
      expect(await viewer.page.locator('[data-testid^=candidate-]').count()).toBe(welcome.count);
      expect(await viewer.see('next-step').innerText()).toBe('Click a place in the lung, or press Propose.');
      expect(await viewer.page.locator('.nl-section[data-next=true]').count()).toBe(1);
      untouched = await viewer.fingerprint(original);
      await viewer.picture('welcome');
    },
    180_000,
  );

  step(
    'the keyboard opens the card of the generator, which says how good it was found to be',
    async () => {
      const [model] = await product.models();
      await viewer.see('model-fold').focus();
      await viewer.page.keyboard.press('Enter');
      const card = await viewer.see('model-card').innerText();
      expect(card).toContain(model!.summary);
      expect(card).toContain(model!.evaluation === null ? 'Not evaluated.' : 'Open the report');
      await viewer.picture('model-card');
      await viewer.page.keyboard.press('Space');
      expect(await viewer.see('model-card').count()).toBe(0);
    },
    60_000,
  );

  step(
    "selecting a nodule brings it into all three planes with its readers' outlines",
    async () => {
      const other = nodules.find(({ id }) => id !== welcome.noduleId)!;
      expect(await viewer.distance('axial', other.centre)).toBeGreaterThan(NEAR_MM);
      await viewer.see(`nodule-${other.number}`).click();
      for (const plane of PLANES)
        expect(await until(() => viewer.distance(plane, other.centre), below(NEAR_MM))).toBeLessThan(NEAR_MM);
      const outlines = viewer.page.locator('[data-nodulelab=overlay] polygon[data-reader]');
      const drawn = await until(
        () => outlines.evaluateAll((found) => found.map((outline) => outline.getAttribute('data-reader'))),
        (found) => found.length >= PLANES.length,
      );
      expect(drawn.length).toBeGreaterThanOrEqual(PLANES.length);
      const readers = new Set(other.marks.map(({ reader }) => String(reader)));
      expect(drawn.every((reader) => readers.has(reader!))).toBe(true);
      await ratingsAndOutlines(viewer, [...readers].map(Number));
    },
    60_000,
  );

  step(
    'a conditional generator is asked for nodules like a real one: size, ratings, and a mark where it has seen few',
    async () => {
      const [usual] = await product.models();
      const generator = viewer.page.getByLabel('Generator', { exact: true });
      await generator.selectOption(CONDITIONAL);
      await viewer.see('use-as-source').click();
      await viewer.see('wishes-fold').click();
      await viewer.see('wish-spiculation-value').fill('5');
      expect(await viewer.see('wish-spiculation-few').innerText()).toBe('few nodules like this in training');
      const answered = viewer.page.waitForResponse((response) => response.url().endsWith('/api/candidates'));
      await viewer.see('generate').click();
      await answered;
      const asked = viewer.page.locator('[data-testid=asked]', {
        hasText: 'Few nodules like this in training: 0',
      });
      await asked.waitFor();
      const first = viewer.see('candidate-1');
      const selected = nodules.find(({ id }) => id !== welcome.noduleId)!;
      const size = Math.round(selected.diameterMm * 2) / 2;
      expect(await first.innerText()).toContain(size.toFixed(1));
      expect(await asked.innerText()).toContain('spic. 5');
      expect(Number(await viewer.see('diameter').inputValue())).toBe(size);
      await viewer.picture('conditions');
      await viewer.see('wish-any').click();
      await viewer.see('wishes-fold').click();
      await generator.selectOption(usual!.name);
    },
    60_000,
  );

  step(
    'the same seed generates the same candidates, another seed others',
    async () => {
      const thumbnails = () =>
        viewer.page
          .locator('.nl-candidate img')
          .evaluateAll((images) => images.map((image) => image.getAttribute('src')));
      const generate = async (seed: number): Promise<(string | null)[]> => {
        await viewer.see('seed').fill(String(seed));
        const answered = viewer.page.waitForResponse((response) =>
          response.url().endsWith('/api/candidates'),
        );
        await viewer.see('generate').click();
        await answered;
        await viewer.see('candidate-4').waitFor();
        await viewer.page.waitForTimeout(200);
        return thumbnails();
      };
      await viewer.see('count').selectOption('4');
      const first = await generate(11);
      const second = await generate(12);
      const again = await generate(11);
      expect(first).toHaveLength(4 * 3);
      expect(first.every((source) => source?.startsWith('data:image/png;base64,'))).toBe(true);
      expect(second).not.toEqual(first);
      expect(again).toEqual(first);
      await viewer.picture('candidates');
    },
    90_000,
  );

  step(
    'a place outside the lung is refused with the reason',
    async () => {
      await viewer.clickAt('axial', await viewer.solidPlace(original, 0));
      const reason = await viewer.see('refusal').innerText();
      expect(reason).toMatch(/lung/);
      expect(await viewer.see('accept').isDisabled()).toBe(true);
      expect(await viewer.fingerprint(original)).toBe(untouched);
      await viewer.picture('refused');
    },
    60_000,
  );

  step(
    'a click in the lung shows the candidate inside the CT, and P flips it off and on',
    async () => {
      await viewer.see('discard').click();
      await viewer.see('diameter').fill('14');
      place = await product.place(welcome.seriesInstanceUID, 14, 5);
      // The place must be on the screen to be clicked: the crosshair button is for those who navigate, this is a click.
      await viewer.showSliceOf(place);
      const before = await viewer.brightness('axial', place);
      expect(await viewer.see('pick').getAttribute('aria-pressed')).toBe('true');
      await viewer.clickAt('axial', place);
      await viewer.see('checks').waitFor();
      const on = await viewer.brightnessChanged('axial', place, before, 30);
      expect(on - before).toBeGreaterThan(30);
      expect(await viewer.fingerprint(original)).not.toBe(untouched);
      expect(await viewer.badges('PREVIEW')).toBe(PLANES.length);
      await viewer.picture('preview');

      const shown = await Promise.all(PLANES.map((plane) => viewer.brightness(plane, place)));
      await viewer.page.keyboard.press('p');
      for (const [n, plane] of PLANES.entries()) {
        const off = await viewer.brightnessChanged(plane, place, shown[n]!, 30);
        expect(shown[n]! - off).toBeGreaterThan(30);
      }
      expect(await viewer.fingerprint(original)).toBe(untouched);
      await viewer.picture('preview-off');
      await viewer.page.keyboard.press('p');
      for (const [n, plane] of PLANES.entries())
        expect(await viewer.brightnessChanged(plane, place, shown[n]! - 100, 70)).toBeCloseTo(shown[n]!, 0);
    },
    120_000,
  );

  lookingSteps(step, () => ({ viewer, original, untouched }));

  step(
    'discarding leaves nothing behind',
    async () => {
      await viewer.see('discard').click();
      expect(await viewer.see('checks').count()).toBe(0);
      expect(await viewer.page.locator('[data-ring]').count()).toBe(0);
      expect(await viewer.badges('PREVIEW')).toBe(0);
      expect(await viewer.fingerprint(original)).toBe(untouched);
      expect(await product.archived(welcome.studyInstanceUID)).toHaveLength(1);
      expect(await product.jobs()).toEqual([]);
    },
    60_000,
  );

  step(
    'a proposed place is accepted: the new series appears, opens at the nodule and says SYNTHETIC',
    async () => {
      const { page } = viewer;
      await page.evaluate(() => Object.assign(window, { sameDocument: true }));
      await viewer.see('propose').click();
      await viewer.see('checks').waitFor();
      const states = await page.evaluateHandle(() => {
        const seen: string[] = [];
        new MutationObserver(() => {
          const job = document.querySelector<HTMLElement>('[data-testid=job]');
          if (job?.dataset['state']) seen.push(job.dataset['state']);
        }).observe(document.body, { subtree: true, childList: true, attributes: true });
        return seen;
      });
      await acceptPreview(viewer);
      await viewer.see('written').waitFor({ timeout: 120_000 });
      expect(await states.evaluate((seen) => seen.length)).toBeGreaterThan(0);

      const written = await viewer.volumeLoaded(original);
      const [created] = (await viewer.series('CT')).filter((uid) => uid !== welcome.seriesInstanceUID);
      const { synthetic } = await product.nodules(created!);
      expect(synthetic).toHaveLength(1);
      const { centre } = synthetic[0]!;
      for (const plane of PLANES)
        expect(await until(() => viewer.distance(plane, centre), below(NEAR_MM))).toBeLessThan(NEAR_MM);
      expect(await viewer.badges('SYNTHETIC')).toBe(PLANES.length);
      expect((await viewer.huAt(written, centre)) - (await viewer.huAt(original, centre))).toBeGreaterThan(
        200,
      );
      expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
      await viewer.picture('accepted');
    },
    240_000,
  );

  step(
    'the archive holds the new series beside the original, which is as it was',
    async () => {
      const series = await product.archived(welcome.studyInstanceUID);
      expect(series.map(({ modality }) => modality).sort()).toEqual(['CT', 'CT', 'SEG', 'SR']);
      const slices = series.filter(({ modality }) => modality === 'CT').map(({ instances }) => instances);
      expect(slices[1]).toBe(slices[0]);
      const written = await viewer.volumeLoaded();
      await viewer.see('show-source').click();
      expect(await viewer.volumeLoaded(written)).toBe(original);
      expect(await viewer.fingerprint(original)).toBe(untouched);
      expect(
        await until(
          () => viewer.see('next-step').innerText(),
          (text) => text.startsWith('Click'),
        ),
      ).toMatch(/^Click a place/);
      await viewer.picture('original-again');
    },
    120_000,
  );

  step(
    'opened anew, the study shows the original first',
    async () => {
      await viewer.page.goto(product.open);
      await viewer.volumeLoaded();
      await viewer.see('pick').waitFor();
      expect(await viewer.series('CT')).toHaveLength(2);
      expect(await viewer.see('synthetic-nodule').count()).toBe(0);
    },
    180_000,
  );

  step(
    'leaving with a preview on and coming back finds the original and a working panel',
    async () => {
      const { page } = viewer;
      await page.evaluate(() => Object.assign(window, { sameDocument: true }));
      await viewer.see('propose').click();
      await viewer.see('checks').waitFor();
      await page.locator('[data-cy=return-to-work-list]').first().click();
      await openFromStudyList();
      const again = await viewer.volumeLoaded();
      await viewer.see('nodule-1').waitFor();
      expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
      expect(await viewer.see('checks').count()).toBe(0);
      expect(await viewer.fingerprint(again)).toBe(untouched);
      await viewer.see('nodule-1').click();
      for (const plane of PLANES)
        expect(await until(() => viewer.distance(plane, nodules[0]!.centre), below(NEAR_MM))).toBeLessThan(
          NEAR_MM,
        );
    },
    180_000,
  );

  step(
    'a server that goes away is a banner, and the page stays usable',
    async () => {
      await product.stop();
      await viewer.page.locator('[data-testid=trouble][data-kind=server-gone]').waitFor();
      await viewer.see('nodule-1').click();
      for (const plane of PLANES)
        expect(await until(() => viewer.distance(plane, nodules[0]!.centre), below(NEAR_MM))).toBeLessThan(
          NEAR_MM,
        );
      await viewer.picture('server-gone');
    },
    90_000,
  );

  step(
    'nothing on the page failed, and no request left its own origin',
    () => {
      expect(viewer.errors).toEqual([]);
      expect(viewer.foreign).toEqual([]);
    },
    5_000,
  );
});
