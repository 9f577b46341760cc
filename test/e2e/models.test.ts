import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { findings } from '../support/axe.ts';
import { ViewerPage } from '../support/browser.ts';
import { nodulelab } from '../support/product.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

const FINEST = 'conditional-64';
const OTHER = 'malignant-64';

describe('a user chooses among models', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    viewer = await ViewerPage.open(product.url, 'models', 1280, 720);
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  const currentSays = (name: string) =>
    viewer.page
      .locator('[data-testid=models-current]', { hasText: `is given ${name} first` })
      .waitFor({ timeout: 30_000 });

  step(
    'the tab Training lists them, the preferred one first, and opens the card of each',
    async () => {
      await viewer.page.goto(product.open);
      await viewer.see('nodulelab-panel').waitFor({ timeout: 120_000 });
      await viewer.page.locator('[data-cy=training-btn]').click();
      await currentSays(FINEST);
      await viewer.see(`model-${OTHER}`).click();
      expect(await viewer.see('model-card').innerText()).toContain('165 malignant nodules');
      await viewer.picture('card');
      expect(await findings(viewer.page, '[data-testid=training-panel]')).toEqual([]);
      await viewer.see(`model-${OTHER}`).click();
      expect(await viewer.see('model-card').count()).toBe(0);
    },
    180_000,
  );

  step(
    'two that are ticked stand side by side; Escape closes them, and the viewer hears none of it',
    async () => {
      expect(await viewer.see('models-compare').isDisabled()).toBe(true);
      for (const name of [FINEST, OTHER]) await viewer.see(`compare-${name}`).check();
      await viewer.see('models-compare').click();
      const table = viewer.see('comparison');
      await table.waitFor({ timeout: 120_000 });
      const text = await table.innerText();
      for (const title of ['Lesions', 'Gates passed', 'One sample', 'Known faults', 'Licence', 'Experiment'])
        expect(text).toContain(title);
      expect(text).toMatch(/\[[−\d.]+, [−\d.]+\]/);
      await viewer.picture('side-by-side');
      expect(await findings(viewer.page, '[data-testid=comparison]')).toEqual([]);
      await viewer.page.keyboard.press('Escape');
      await table.waitFor({ state: 'detached' });
      expect(await viewer.see('training-panel').isVisible()).toBe(true);
    },
    180_000,
  );

  step(
    'another one is made the current model, for this page and every other, and there is a way back',
    async () => {
      await viewer.see(`use-${OTHER}`).click();
      await currentSays(OTHER);
      expect((await product.models())[0]!.name).toBe(OTHER);
      await viewer.picture('current');
      const { stdout } = await nodulelab('--data', product.dataDir, 'model', 'current');
      expect(stdout).toContain(`${OTHER}, chosen`);
      expect(stdout).toContain(`back to ${FINEST}`);
      await viewer.see('models-back').click();
      await currentSays(FINEST);
    },
    60_000,
  );

  step(
    'what the command line prefers is told to the open page at once',
    async () => {
      expect((await nodulelab('--data', product.dataDir, 'model', 'use', OTHER)).status).toBe(0);
      await currentSays(OTHER);
      expect((await nodulelab('--data', product.dataDir, 'model', 'use', '--finest')).status).toBe(0);
      await currentSays(FINEST);
    },
    60_000,
  );

  step(
    'the candidates of this user come from the model that he preferred',
    async () => {
      await viewer.see(`use-${OTHER}`).click();
      await currentSays(OTHER);
      await viewer.page.locator('[data-cy=synthesis-btn]').click();
      const generator = viewer.page.getByLabel('Generator', { exact: true });
      await generator.waitFor();
      expect(await generator.inputValue()).toBe(OTHER);
    },
    60_000,
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
