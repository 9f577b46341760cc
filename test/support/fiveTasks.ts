/**
 * Five things that a radiologist does who sees the viewer for the first time, as docs/user-guide.md tells them. The test walks
 * them, and so does the script that takes the guide's pictures.
 */
import { acceptPreview } from './acceptPreview.ts';
import { PLANES, until, type ViewerPage } from './browser.ts';

export interface Task {
  /** Of its picture. */
  readonly name: string;
  /** Begins where the task before it ended. */
  readonly walk: (hands: Hands) => Promise<void>;
}

/** Presses and drags of a user, counted. */
export class Hands {
  readonly viewer: ViewerPage;
  presses = 0;

  constructor(viewer: ViewerPage) {
    this.viewer = viewer;
  }

  async press(selector: string): Promise<void> {
    this.presses++;
    await this.viewer.page.locator(`${selector}:visible`).first().click();
  }

  /** A slider that is drawn, or an entry of a list that is chosen. */
  async set(testId: string, value: string): Promise<void> {
    this.presses++;
    const element = this.viewer.see(testId);
    if ((await element.evaluate((one) => one.tagName)) === 'SELECT') await element.selectOption(value);
    else await element.fill(value);
  }
}

const shown = async ({ viewer }: Hands, badge: string): Promise<void> => {
  const count = await until(
    () => viewer.badges(badge),
    (found) => found === PLANES.length,
  );
  if (count !== PLANES.length) throw new Error(`${badge} stands on ${count} viewports`);
};

export const FIVE_TASKS: readonly Task[] = [
  {
    name: 'most-malignant',
    async walk(hands) {
      await hands.press('[data-testid=order-malignancy]');
      await hands.press('.nl-list .nl-nodule');
    },
  },
  {
    name: 'spiculated',
    async walk(hands) {
      const { page } = hands.viewer;
      await hands.press('[data-testid=wishes-fold]');
      await hands.set('wish-diameter-value', '12');
      await hands.set('wish-spiculation-value', '5');
      const answered = page.waitForResponse((response) => response.url().endsWith('/api/candidates'));
      await hands.press('[data-testid=generate]');
      await answered;
      await page.locator('[data-testid=asked]', { hasText: 'spic. 5' }).waitFor();
    },
  },
  {
    name: 'at-the-pleura',
    async walk(hands) {
      await hands.set('setting', 'juxta-pleural');
      await hands.press('[data-testid=propose]');
      await shown(hands, 'PREVIEW');
    },
  },
  {
    name: 'rejected',
    async walk(hands) {
      await hands.press('[data-testid=discard]');
      await until(
        () => hands.viewer.badges('PREVIEW'),
        (count) => count === 0,
      );
    },
  },
  {
    name: 'accepted',
    async walk(hands) {
      const { viewer } = hands;
      await hands.press(':is([data-testid=candidate-2], [data-testid=strip-2])');
      await hands.press('[data-testid=propose]');
      await shown(hands, 'PREVIEW');
      hands.presses++;
      await acceptPreview(viewer);
      await viewer.see('written').waitFor({ timeout: 240_000 });
      await shown(hands, 'SYNTHETIC');
    },
  },
];
