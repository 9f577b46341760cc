import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Request } from 'playwright-core';
import type { Welcome } from '@nodulelab/contract';
import { PLANES, type Point, until, ViewerPage } from '../support/browser.ts';
import { drag, handlesSeen, lookOf, type OnPage, ringOnPage, zoomTo } from '../support/handles.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

interface Asked {
  readonly candidateId: string;
  readonly centre: Point;
  readonly diameterMm: number;
  readonly options?: { readonly rotationDeg?: Point };
}

const PREPARING = 'Preparing the preview.';

describe('a user drags a nodule by the handles of its ring', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;
  let original: string;
  let untouched: string;
  /** Every request for a preview, in order. */
  const asked: Asked[] = [];
  /** What came of them. */
  const answers: number[] = [];

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    welcome = await product.welcome();
    viewer = await ViewerPage.open(product.url, 'handles', 1440, 900);
    viewer.page.on('request', (request: Request) => {
      if (request.method() === 'POST' && request.url().endsWith('/api/previews'))
        asked.push(request.postDataJSON() as Asked);
    });
    viewer.page.on('response', (response) => {
      if (response.request().method() === 'POST' && response.url().endsWith('/api/previews'))
        answers.push(response.status());
    });
    await viewer.page.goto(product.open);
    await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 120_000 });
    original = await viewer.volumeLoaded();
    untouched = await viewer.fingerprint(original);
  }, 400_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  const voxels = (): Promise<string> => viewer.fingerprint(original);
  const changedFrom = async (before: string): Promise<string> => {
    const changed = await until(voxels, (now) => now !== before);
    expect(changed).not.toBe(before);
    return changed;
  };
  const diameter = async (): Promise<number> => Number(await viewer.see('diameter').inputValue());
  /** The server has answered, and accept is what can be done. */
  const confirmed = async (requests: number): Promise<void> => {
    await until(
      () => Promise.resolve(asked.length),
      (count) => count >= requests,
    );
    await until(
      () => viewer.see('accept').isEnabled(),
      (enabled) => enabled,
    );
    expect(asked).toHaveLength(requests);
  };
  /** Pixels of the page for one millimetre in the axial plane. */
  const zoom = async (): Promise<number> => {
    const [a, b] = await Promise.all([
      viewer.position('axial', [0, 0, 0]),
      viewer.position('axial', [10, 0, 0]),
    ]);
    return (b.x - a.x) / 10;
  };

  step(
    'a preview has handles in every plane',
    async () => {
      await viewer.see('diameter').fill('12');
      expect(await handlesSeen(viewer)).toBe(0);
      await viewer.see('propose').click();
      await confirmed(1);
      expect(
        await until(
          () => handlesSeen(viewer),
          (count) => count === PLANES.length,
        ),
      ).toBe(PLANES.length);
      await viewer.picture('handles');
      await zoomTo(viewer, 'axial', asked[0]!.centre, 45);
    },
    90_000,
  );

  step(
    'pulling the edge makes it smaller at once, and asks the server when it is let go',
    async () => {
      const before = await voxels();
      const { centre, radius } = await ringOnPage(viewer, 'axial');
      const perMm = await zoom();
      // Two millimetres inward.
      const [from, to] = [radius, radius - 2 * perMm].map((away): OnPage => ({
        x: centre.x + away,
        y: centre.y,
      }));
      const during = await drag(viewer, from!, to!, async () => {
        const carried = await changedFrom(before);
        await viewer.picture('pulled');
        const badges = await viewer.badges('PREVIEW');
        return { carried, badges, size: await diameter(), requests: asked.length };
      });
      expect(during.carried).not.toBe(untouched);
      expect([during.badges, during.requests]).toEqual([PLANES.length, 1]);
      expect(Math.abs(during.size - 8)).toBeLessThanOrEqual(0.5);
      await confirmed(2);
      expect(asked[1]!.diameterMm).toBe(during.size);
      expect(asked[1]!.centre).toEqual(asked[0]!.centre);
      expect([before, during.carried, untouched]).not.toContain(await voxels());
    },
    90_000,
  );

  step(
    'one drag is one step of undo',
    async () => {
      const small = await voxels();
      const size = await diameter();
      await viewer.see('undo').click();
      await until(diameter, (now) => now === 12);
      await changedFrom(small);
      await viewer.see('redo').click();
      expect(await until(diameter, (now) => now === size)).toBe(size);
      expect(await until(voxels, (now) => now === small)).toBe(small);
      expect(asked).toHaveLength(2);
    },
    60_000,
  );

  step(
    'the knob turns it about the axis of the plane',
    async () => {
      const before = await voxels();
      const { centre, knob } = await ringOnPage(viewer, 'axial');
      const away = centre.y - knob.y;
      expect(Math.abs(knob.x - centre.x)).toBeLessThan(1);
      // A sixth of a turn with the clock, as the plane is seen: from the patient's left to the back.
      const to = {
        x: centre.x + away * Math.sin(Math.PI / 3),
        y: centre.y - away * Math.cos(Math.PI / 3),
      };
      const during = await drag(viewer, knob, to, async () => {
        await changedFrom(before);
        await viewer.picture('turned');
        return asked.length;
      });
      expect(during).toBe(2);
      await confirmed(3);
      const [l, p, s] = asked[2]!.options!.rotationDeg!;
      expect([l, p]).toEqual([0, 0]);
      expect(Math.abs(s - 60)).toBeLessThanOrEqual(3);
      const turned = await ringOnPage(viewer, 'axial');
      expect(turned.knob.x - turned.centre.x).toBeGreaterThan(5);
    },
    60_000,
  );

  step(
    'its inside moves it: the nodule goes along in the CT, and nothing is asked on the way',
    async () => {
      const { centre: at } = asked[2]!;
      const before = await voxels();
      const { centre } = await ringOnPage(viewer, 'axial');
      const perMm = await zoom();
      const to = { x: centre.x + 3 * perMm, y: centre.y - 2 * perMm };
      const during = await drag(viewer, centre, to, async () => {
        const carried = await changedFrom(before);
        await viewer.picture('moved');
        return { carried, requests: asked.length, badges: await viewer.badges('PREVIEW') };
      });
      expect([during.requests, during.badges]).toEqual([3, PLANES.length]);
      await confirmed(4);
      const moved = asked[3]!.centre.map((value, axis) => value - at[axis]!);
      [3, -2, 0].forEach((wanted, axis) => expect(Math.abs(moved[axis]! - wanted)).toBeLessThan(0.7));
      expect([before, untouched]).not.toContain(await voxels());
    },
    60_000,
  );

  step(
    'Escape gives a drag up: every voxel is as before, and nothing is asked',
    async () => {
      const before = await voxels();
      const { centre } = await ringOnPage(viewer, 'axial');
      await drag(viewer, centre, { x: centre.x + 25, y: centre.y + 25 }, async () => {
        await changedFrom(before);
        await viewer.page.keyboard.press('Escape');
      });
      expect(await until(voxels, (now) => now === before)).toBe(before);
      await viewer.page.waitForTimeout(800);
      expect(asked).toHaveLength(4);
    },
    60_000,
  );

  step(
    'the keyboard does the same: arrow keys on a handle, and one request for a run of them',
    async () => {
      const size = await diameter();
      const handle = viewer.page.locator('[data-nodulelab=handles]:visible [data-handle=size]').first();
      await handle.focus();
      await viewer.page.keyboard.press('ArrowRight');
      await viewer.page.keyboard.press('ArrowRight');
      expect(await diameter()).toBe(size + 1);
      expect(await handle.getAttribute('aria-valuetext')).toBe(`${(size + 1).toFixed(1)} mm`);
      await confirmed(5);
      expect(asked[4]!.diameterMm).toBe(size + 1);
    },
    60_000,
  );

  step(
    'outside the handles, and on them with the wheel or another button, the viewer’s own tools work',
    async () => {
      const { page } = viewer;
      const camera = () => lookOf(viewer, 'axial');
      const start = await camera();
      const { centre, radius } = await ringOnPage(viewer, 'axial');
      const outside = { x: centre.x + radius + 60, y: centre.y + radius + 60 };
      await drag(viewer, outside, { x: outside.x + 40, y: outside.y + 30 }, () => Promise.resolve());
      const windowed = await until(
        camera,
        ({ window, level }) => window !== start.window || level !== start.level,
      );
      expect([windowed.window, windowed.level]).not.toEqual([start.window, start.level]);
      await page.mouse.move(centre.x, centre.y);
      await page.mouse.wheel(0, 100);
      const scrolled = await until(camera, ({ slice }) => slice !== start.slice);
      expect(scrolled.slice).not.toBe(start.slice);
      await page.mouse.wheel(0, -100);
      await until(camera, ({ slice }) => slice === start.slice);
      await page.mouse.move(centre.x, centre.y);
      await page.mouse.down({ button: 'right' });
      await page.mouse.move(centre.x, centre.y - 40, { steps: 4 });
      await page.mouse.up({ button: 'right' });
      const zoomed = await until(camera, ({ scale }) => scale !== start.scale);
      expect(zoomed.scale).not.toBe(start.scale);
      expect(asked).toHaveLength(5);
    },
    60_000,
  );

  step(
    'let go where no nodule may be, every voxel is given back and the nearest place is offered',
    async () => {
      await zoomTo(viewer, 'axial', asked[4]!.centre, 200);
      const solid = await viewer.solidPlace(original, 0);
      const { centre } = await ringOnPage(viewer, 'axial');
      await drag(viewer, centre, await viewer.position('axial', solid), () => Promise.resolve());
      await viewer.see('refusal').waitFor();
      expect(asked).toHaveLength(6);
      expect(await until(voxels, (now) => now === untouched)).toBe(untouched);
      expect(await viewer.badges('PREVIEW')).toBe(0);
      expect(await viewer.see('accept').isDisabled()).toBe(true);
      await viewer.picture('refused');
      await viewer.see('nearest').click();
      await confirmed(7);
      expect(await voxels()).not.toBe(untouched);
    },
    60_000,
  );

  step(
    'on a low screen accept and the candidates are in sight beside a preview',
    async () => {
      const { page } = viewer;
      for (const [width, height] of [
        [1440, 900],
        [1280, 720],
      ] as const) {
        await page.setViewportSize({ width, height });
        await page.waitForTimeout(1000);
        for (const id of ['accept', 'discard', 'propose', 'strip-1', 'section-1', 'section-2']) {
          // Seen means that a press there meets it: neither scrolled away nor under something else.
          const met = await viewer.see(id).evaluate((button) => {
            const { left, top, width, height } = button.getBoundingClientRect();
            return button.contains(document.elementFromPoint(left + width / 2, top + height / 2));
          });
          expect([id, height, met]).toEqual([id, height, true]);
        }
        await viewer.picture(`folded-${height}`);
      }
    },
    60_000,
  );

  step(
    'another candidate is one press away, and the arrow keys go through the grid when it is unfolded',
    async () => {
      const { page } = viewer;
      const focused = (): Promise<string | null> =>
        page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? null);
      // Of its own size, which this place may have no room for.
      const answered = (count: number): Promise<boolean> =>
        until(
          async () => answers.length === count && (await viewer.see('next-step').innerText()) !== PREPARING,
          (there) => there,
        );
      const before = await voxels();
      await viewer.see('strip-2').click();
      expect(await answered(8)).toBe(true);
      expect(asked[7]!.candidateId).not.toBe(asked[6]!.candidateId);
      expect(asked[7]!.centre).toEqual(asked[6]!.centre);
      expect(await viewer.see('strip-2').getAttribute('aria-pressed')).toBe('true');
      await changedFrom(before);
      await viewer.see('section-2').focus();
      await page.keyboard.press('Enter');
      await viewer.see('candidate-1').focus();
      await page.keyboard.press('ArrowRight');
      expect(await focused()).toBe('candidate-2');
      await page.keyboard.press('ArrowDown');
      // Two a row.
      expect(await focused()).toBe(welcome.count >= 4 ? 'candidate-4' : 'candidate-2');
      await page.keyboard.press('Home');
      expect(await focused()).toBe('candidate-1');
      await viewer.picture('unfolded');
      await page.keyboard.press('Enter');
      expect(await answered(9)).toBe(true);
      expect(asked[8]!.candidateId).toBe(asked[6]!.candidateId);
      expect(await viewer.see('candidate-1').getAttribute('aria-pressed')).toBe('true');
    },
    60_000,
  );

  step(
    'what the server takes and what painting takes can be read apart',
    async () => {
      const times = await viewer.page.evaluate(() =>
        ['nodulelab:preview-server', 'nodulelab:preview-paint', 'nodulelab:drag-paint'].map((name) =>
          performance.getEntriesByName(name, 'measure').map(({ duration }) => duration),
        ),
      );
      const [server, paint, carried] = times as [number[], number[], number[]];
      // Those that are refused have no time of a preview; undo and redo paint, but ask nobody.
      const made = answers.filter((status) => status === 201).length;
      expect(answers).toHaveLength(9);
      expect(server).toHaveLength(made);
      expect(paint.length).toBeGreaterThanOrEqual(made);
      expect(carried.length).toBeGreaterThanOrEqual(4);
      for (const duration of times.flat()) expect(duration).toBeGreaterThan(0);
      const middle = (durations: number[]): number =>
        Math.round([...durations].sort((a, b) => a - b)[durations.length >> 1]!);
      console.info(
        `medians: preview ${middle(server)} ms by the server, ${middle(paint)} ms to paint; a step of a drag ${middle(carried)} ms`,
      );
    },
    30_000,
  );

  step(
    'discarding leaves no handle and not one voxel changed',
    async () => {
      await viewer.see('discard').click();
      expect(await handlesSeen(viewer)).toBe(0);
      expect(await until(voxels, (now) => now === untouched)).toBe(untouched);
      expect(await viewer.see('checks').count()).toBe(0);
      expect(viewer.errors).toEqual([]);
      expect(viewer.foreign).toEqual([]);
    },
    60_000,
  );
});
