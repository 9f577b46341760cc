/** Steps of a walk in which a preview is on the screen: it is looked at in other ways, and taken back and made again. */
import { expect } from '@jest/globals';
import { PLANES, until, type ViewerPage } from '../support/browser.ts';
import type { Step } from './walk.ts';

/** Where the walk has got to. */
export interface Shown {
  readonly viewer: ViewerPage;
  /** Volume of the CT as the viewer holds it, and what its voxels were before any preview. */
  readonly original: string;
  readonly untouched: string;
}

export function lookingSteps(step: Step, at: () => Shown): void {
  const planes = PLANES.length;
  const stage = () => {
    const { viewer, original, untouched } = at();
    return { viewer, untouched, now: (): Promise<string> => viewer.fingerprint(original) };
  };

  step(
    'the difference and a swipe line show what changed, and what the archive has is back after each',
    async () => {
      const { viewer, untouched, now } = stage();
      const whole = await now();
      await viewer.see('look-difference').click();
      const changed = (other: string) => until(now, (found) => found !== other);
      const difference = await changed(whole);
      expect(difference).not.toBe(untouched);
      expect(await viewer.badges('DIFFERENCE')).toBe(planes);
      await viewer.picture('difference');
      await viewer.see('look-swipe').click();
      const half = await changed(difference);
      expect([whole, untouched]).not.toContain(half);
      await viewer.picture('swipe');
      await viewer.see('swipe').fill('0');
      expect(await changed(half)).toBe(whole);
      await viewer.see('window-mediastinum').click();
      expect(
        await until(
          () => viewer.page.locator('.viewport-overlay, [data-cy^=viewport-overlay]').allInnerTexts(),
          (texts) => texts.join(' ').replace(/\s+/g, ' ').includes('W: 400'),
        ).then((texts) => texts.join(' ').replace(/\s+/g, ' ')),
      ).toContain('L: 40');
      await viewer.picture('mediastinum');
      await viewer.see('window-lung').click();
      await viewer.see('look-whole').click();
      expect(await now()).toBe(whole);
    },
    90_000,
  );

  step(
    'undo goes back to the CT as it is, and redo brings the nodule again',
    async () => {
      const { viewer, untouched, now } = stage();
      const whole = await now();
      await viewer.page.keyboard.press('u');
      expect(await until(now, (found) => found === untouched)).toBe(untouched);
      expect(await viewer.badges('PREVIEW')).toBe(0);
      await viewer.see('redo').click();
      expect(await until(now, (found) => found === whole)).toBe(whole);
      expect(await viewer.badges('PREVIEW')).toBe(planes);
    },
    60_000,
  );
}
