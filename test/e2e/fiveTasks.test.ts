import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Nodule, Welcome } from '@nodulelab/contract';
import { ViewerPage } from '../support/browser.ts';
import { FIVE_TASKS, Hands } from '../support/fiveTasks.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

/** Of presses, drags and choices together, in the order of the tasks: as few as the user guide says. */
const PRESSES = [2, 4, 2, 1, 3];

describe('five tasks of somebody who sees the viewer for the first time', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;
  let nodules: readonly Nodule[];
  let original: string;
  let untouched: string;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    welcome = await product.welcome();
    ({ nodules } = await product.nodules(welcome.seriesInstanceUID));
    viewer = await ViewerPage.open(product.url, 'five-tasks');
    await viewer.page.goto(product.open);
    await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 120_000 });
    original = await viewer.volumeLoaded();
    untouched = await viewer.fingerprint(original);
  }, 420_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  const outcomes: (() => Promise<void>)[] = [
    async () => {
      const most = Math.max(...nodules.map(({ consensus }) => consensus?.malignancy ?? 0));
      const [found] = nodules.filter(({ consensus }) => consensus?.malignancy === most);
      expect(await viewer.see(`nodule-${found!.number}`).getAttribute('aria-pressed')).toBe('true');
      // All planes go through it, within a slice of the small phantom.
      expect(await viewer.distance('axial', found!.centre)).toBeLessThan(5);
    },
    async () => {
      expect(await viewer.see('candidate-1').innerText()).toContain('12.0');
      expect(Number(await viewer.see('diameter').inputValue())).toBe(12);
    },
    async () => {
      expect(await viewer.see('proposed').innerText()).toContain('at the pleura');
      expect(await viewer.fingerprint(original)).not.toBe(untouched);
    },
    async () => {
      expect(await viewer.badges('PREVIEW')).toBe(0);
      expect(await viewer.fingerprint(original)).toBe(untouched);
    },
    async () => {
      const series = await product.archived(welcome.studyInstanceUID);
      expect(series.filter(({ modality }) => modality === 'CT')).toHaveLength(2);
      expect(await viewer.volumeLoaded(original)).not.toBe(original);
      expect(viewer.errors).toEqual([]);
    },
  ];

  FIVE_TASKS.forEach((task, at) =>
    step(
      `${task.name}: done in ${PRESSES[at]} presses`,
      async () => {
        const hands = new Hands(viewer);
        await task.walk(hands);
        await viewer.picture(task.name);
        await outcomes[at]!();
        expect(hands.presses).toBe(PRESSES[at]);
      },
      300_000,
    ),
  );
});
