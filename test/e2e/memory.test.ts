import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CDPSession } from 'playwright-core';
import type { Welcome } from '@nodulelab/contract';
import { until, ViewerPage } from '../support/browser.ts';
import { Product } from './product.ts';

const ROUNDS = 30;
/** What the browser compiles and keeps at first use is no leak. */
const BEFORE = 3;
const MOST_GROWTH = 1.1;

interface Footprint {
  /** Bytes, after what nobody holds was collected. */
  readonly heap: number;
  readonly nodes: number;
  readonly listeners: number;
  /** In the viewer's cache. */
  readonly volumes: readonly string[];
  readonly cached: number;
}

describe('previews that were discarded', () => {
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;
  let browser: CDPSession;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    welcome = await product.welcome();
    viewer = await ViewerPage.open(product.url, 'memory', 1280, 720);
    await viewer.page.goto(product.open);
    await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 120_000 });
    browser = await viewer.page.context().newCDPSession(viewer.page);
    await browser.send('HeapProfiler.enable');
  }, 400_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  async function footprint(): Promise<Footprint> {
    // Finalizers of the first collection let go of more.
    for (let n = 0; n < 3; n++) await browser.send('HeapProfiler.collectGarbage');
    const { usedSize } = await browser.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners } = await browser.send('Memory.getDOMCounters');
    const cache = await viewer.page.evaluate(() => {
      const { cornerstone } = window as unknown as {
        cornerstone: { cache: { getVolumes(): { volumeId: string }[]; getCacheSize(): number } };
      };
      return {
        volumes: cornerstone.cache.getVolumes().map(({ volumeId }) => volumeId),
        cached: cornerstone.cache.getCacheSize(),
      };
    });
    return { heap: usedSize, nodes, listeners: jsEventListeners, ...cache };
  }

  async function previewAndDiscard(): Promise<void> {
    await viewer.see('propose').click();
    await until(
      async () => (await viewer.see('accept').count()) > 0 && (await viewer.see('accept').isEnabled()),
      (enabled) => enabled,
    );
    await viewer.see('discard').click();
    await viewer.see('checks').waitFor({ state: 'detached' });
  }

  test(`leave nothing behind, ${ROUNDS} of them no more than ${BEFORE}`, async () => {
    const original = await viewer.volumeLoaded();
    const untouched = await viewer.fingerprint(original);
    const forgotten: string[] = [];
    viewer.page.on('request', (request) => {
      if (request.method() === 'DELETE' && request.url().includes('/api/previews/'))
        forgotten.push(request.url());
    });
    for (let n = 0; n < BEFORE; n++) await previewAndDiscard();
    const before = await footprint();
    for (let n = 0; n < ROUNDS; n++) await previewAndDiscard();
    const after = await footprint();
    console.info(
      `heap ${(before.heap / 1e6).toFixed(1)} MB before, ${(after.heap / 1e6).toFixed(1)} MB after ${ROUNDS} previews`,
    );
    expect(after.heap).toBeLessThan(before.heap * MOST_GROWTH);
    expect(after.nodes).toBeLessThan(before.nodes * MOST_GROWTH);
    expect(after.listeners).toBeLessThan(before.listeners * MOST_GROWTH);
    expect([after.volumes, after.cached]).toEqual([before.volumes, before.cached]);
    expect(await viewer.fingerprint(original)).toBe(untouched);
    // The server keeps none of them either.
    expect(new Set(forgotten).size).toBe(BEFORE + ROUNDS);
    expect(viewer.errors).toEqual([]);
  }, 600_000);
});
