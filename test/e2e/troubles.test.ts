import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Nodule, Welcome } from '@nodulelab/contract';
import { type RunningOrthanc, startOrthanc } from '../../orthanc/index.ts';
import { isAlive, readRunRecord } from '../../orthanc/runFile.ts';
import { findings } from '../support/axe.ts';
import { below, PLANES, until, ViewerPage } from '../support/browser.ts';
import { writeConditionalModel } from '../support/conditionalModel.ts';
import { makePhantomStudy } from '../support/product.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

/** Half a slice of the small phantom, and a little. */
const NEAR_MM = 2;

const kindsOn = (viewer: ViewerPage): Promise<(string | null)[]> =>
  viewer.see('trouble').evaluateAll((found) => found.map((state) => state.getAttribute('data-kind')));

const stateOf = (viewer: ViewerPage, kind: string) =>
  viewer.page.locator(`[data-testid=trouble][data-kind=${kind}]`);

const gone = (viewer: ViewerPage, kind: string): Promise<void> =>
  stateOf(viewer, kind).waitFor({ state: 'detached', timeout: 90_000 });

describe('what the panel says when something is missing, and how work goes on', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let welcome: Welcome;
  let nodules: readonly Nodule[];
  let again: RunningOrthanc | undefined;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    welcome = await product.welcome();
    ({ nodules } = await product.nodules(welcome.seriesInstanceUID));
    viewer = await ViewerPage.open(product.url, 'troubles');
    await viewer.page.goto(product.open);
    await viewer.see(`candidate-${welcome.count}`).waitFor({ timeout: 120_000 });
    await viewer.volumeLoaded();
  }, 400_000);

  afterAll(async () => {
    await viewer?.close();
    await again?.stop();
    await product?.remove();
  }, 60_000);

  /** The viewer itself still does what it is told. */
  async function planesFollow(nodule: Nodule): Promise<void> {
    await viewer.see(`nodule-${nodule.number}`).click();
    for (const plane of PLANES)
      expect(await until(() => viewer.distance(plane, nodule.centre), below(NEAR_MM))).toBeLessThan(NEAR_MM);
  }

  async function generates(): Promise<void> {
    const answered = viewer.page.waitForResponse((response) => response.url().endsWith('/api/candidates'));
    await viewer.see('generate').click();
    expect((await answered).status()).toBe(200);
  }

  step('nothing is wrong at first', async () => expect(await kindsOn(viewer)).toEqual([]), 10_000);

  step(
    'a server that is gone is told of, the planes follow, and the page takes it up again when it is back',
    async () => {
      await product.stop();
      await stateOf(viewer, 'server-gone').waitFor();
      expect(await kindsOn(viewer)).toEqual(['server-gone']);
      await planesFollow(nodules[1]!);
      await viewer.picture('server-gone');
      await product.restart();
      await gone(viewer, 'server-gone');
      expect(await kindsOn(viewer)).toEqual([]);
      await generates();
    },
    300_000,
  );

  step(
    'a session that has ended leads to where one signs in, and goes on by itself',
    async () => {
      const { page } = viewer;
      // What a server with accounts answers; a real one stands in signIn.test.ts.
      await page.route('**/api/**', (route) => route.fulfill({ status: 401, body: '' }));
      await viewer.see('generate').click();
      await stateOf(viewer, 'session-expired').waitFor();
      expect(await kindsOn(viewer)).toEqual(['session-expired']);
      expect(await viewer.see('error').count()).toBe(0);
      expect(await page.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe('/sign-in');
      await planesFollow(nodules[0]!);
      expect(await findings(viewer.page, '[data-testid=trouble]')).toEqual([]);
      await viewer.picture('session-expired');
      await page.unroute('**/api/**');
      await gone(viewer, 'session-expired');
      await generates();
    },
    120_000,
  );

  step(
    'an archive that is gone is told of, and the place that waited for it is previewed when it is back',
    async () => {
      const dir = join(product.dataDir, 'orthanc');
      const { pid, port } = readRunRecord(dir)!;
      process.kill(pid, 'SIGTERM');
      await until(
        () => Promise.resolve(isAlive(pid)),
        (alive) => !alive,
      );
      await viewer.see('propose').click();
      await stateOf(viewer, 'archive-gone').waitFor();
      expect(await kindsOn(viewer)).toEqual(['archive-gone']);
      expect(await viewer.see('error').count()).toBe(0);
      await planesFollow(nodules[1]!);
      await viewer.picture('archive-gone');
      again = await startOrthanc({ dir, port });
      await gone(viewer, 'archive-gone');
      await viewer.see('propose').click();
      await viewer.see('checks').waitFor({ timeout: 90_000 });
      await viewer.picture('archive-back');
    },
    300_000,
  );

  step(
    'a browser without WebGL is shown slices, and told what it misses',
    async () => {
      const plain = await ViewerPage.open(product.url, 'troubles-webgl', 1500, 900, {
        flags: ['--disable-3d-apis', '--disable-gpu'],
      });
      try {
        await plain.page.goto(product.open);
        await stateOf(plain, 'webgl-missing').waitFor({ timeout: 120_000 });
        await plain.see(`candidate-${welcome.count}`).waitFor({ timeout: 90_000 });
        const slice = (): Promise<number> =>
          plain.page.evaluate(() => {
            const canvas = document.querySelector<HTMLCanvasElement>('canvas.cornerstone-canvas');
            if (!canvas || canvas.width === 0) return 0;
            const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
            return data.reduce((sum, value, n) => sum + (n % 4 === 0 ? value : 0), 0);
          });
        const first = await until(slice, (sum) => sum > 0);
        expect(first).toBeGreaterThan(0);
        await plain.page.locator('[data-cy=viewport-pane]').first().hover();
        await plain.page.mouse.wheel(0, 400);
        expect(await until(slice, (sum) => sum > 0 && sum !== first)).not.toBe(first);
        // Choosing a nodule still leads to it.
        const [nodule] = nodules;
        const position = (): Promise<number> =>
          plain.page.evaluate(() => {
            const { services, cornerstone } = window as unknown as {
              services: {
                cornerstoneViewportService: {
                  getCornerstoneViewport(id: string): { getCurrentImageId(): string };
                };
              };
              cornerstone: {
                metaData: { get(kind: string, id: string): { imagePositionPatient: number[] } };
              };
            };
            const id = services.cornerstoneViewportService
              .getCornerstoneViewport('nodulelab-slices')
              .getCurrentImageId();
            return cornerstone.metaData.get('imagePlaneModule', id).imagePositionPatient[2]!;
          });
        await plain.see(`nodule-${nodule!.number}`).click();
        const away = await until(
          async () => Math.abs((await position()) - nodule!.centre[2]),
          below(2 * NEAR_MM),
        );
        expect(away).toBeLessThan(2 * NEAR_MM);
        expect(await stateOf(plain, 'webgl-missing').isVisible()).toBe(true);
        await plain.page.getByText('W:', { exact: true }).first().waitFor();
        // What could not be looked at is not offered for acceptance.
        await plain.see('propose').click();
        await plain.see('error').getByText('A preview needs WebGL').waitFor();
        expect(await plain.page.locator('[data-testid=accept]:enabled').count()).toBe(0);
        await plain.picture('webgl-missing');
      } finally {
        await plain.close();
      }
    },
    240_000,
  );
});

describe('a data folder without a model, and a CT without nodules', () => {
  const step = walk();
  let dir: string;
  let product: Product;
  let viewer: ViewerPage;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nodulelab-bare-'));
    const phantom = await makePhantomStudy(join(dir, 'phantom'), 1);
    // The readers' annotations stay behind: only the CT is imported.
    for (const name of await readdir(phantom.dir))
      if (!name.endsWith('.dcm')) await rm(join(phantom.dir, name), { recursive: true });
    product = await Product.startWith({ NODULELAB_MODELS: join(dir, 'none') }, '--no-demo');
    await product.import(phantom.dir);
    viewer = await ViewerPage.open(product.url, 'troubles-bare');
    await viewer.page.goto(`${product.url}/synthesis?StudyInstanceUIDs=${phantom.studyInstanceUID}`);
    await viewer.volumeLoaded();
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
    if (dir) await rm(dir, { recursive: true, force: true });
  }, 60_000);

  step(
    'both are told with what to do, and nothing is called an error',
    async () => {
      await stateOf(viewer, 'no-model').waitFor();
      await stateOf(viewer, 'no-nodules').waitFor();
      expect(await kindsOn(viewer)).toEqual(['no-model', 'no-nodules']);
      expect(await viewer.see('error').count()).toBe(0);
      expect(await viewer.see('next-step').innerText()).not.toMatch(/Press Generate/);
      await viewer.picture('bare');
      await stateOf(viewer, 'no-nodules').getByTestId('put-away').click();
      expect(await kindsOn(viewer)).toEqual(['no-model']);
    },
    60_000,
  );

  step(
    'a model that is put in is noticed, and a nodule can be made and placed without any that readers marked',
    async () => {
      await writeConditionalModel(join(product.dataDir, 'models', 'put-in'), 'put-in');
      await gone(viewer, 'no-model');
      await viewer.see('generate').click();
      await viewer.see('candidate-1').waitFor();
      expect(await kindsOn(viewer)).toEqual([]);
      await viewer.picture('model-put-in');
    },
    120_000,
  );
});
