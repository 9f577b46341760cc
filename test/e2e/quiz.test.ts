import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { AllNodules } from '@nodulelab/contract';
import { findings } from '../support/axe.ts';
import { ViewerPage } from '../support/browser.ts';
import { describeWithLidc } from '../support/lidcData.ts';
import { nodulelab } from '../support/product.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

describe('a user plays the quiz', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let untouched: string;
  let volume: string;
  let pictures: number;

  beforeAll(async () => {
    product = await Product.start('--demo-size', 'small');
    viewer = await ViewerPage.open(product.url, 'quiz', 1280, 720);
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  const becomes = (state: string) =>
    viewer.page.locator(`[data-testid=quiz-state][data-state=${state}]`).waitFor({ timeout: 120_000 });

  step(
    'it opens from the panel, says what "real" means on a phantom and that it is no study',
    async () => {
      await viewer.page.goto(product.open);
      await viewer.see('nodulelab-panel').waitFor({ timeout: 120_000 });
      volume = await viewer.volumeLoaded();
      untouched = await viewer.fingerprint(volume);
      await viewer.see('quiz-open').click();
      await becomes('ready');
      expect(await viewer.see('quiz-rules').innerText()).toContain('phantom');
      expect(await viewer.see('quiz').innerText()).toContain('no study');
      await viewer.picture('rules');
    },
    240_000,
  );

  step(
    'arrow keys and buttons answer; the viewer below hears nothing of it',
    async () => {
      const slice = await viewer.position('axial', [0, 0, 0]);
      await viewer.see('quiz-start').click();
      await becomes('playing');
      const first = /^Picture 1 of (\d+)$/.exec(await viewer.see('quiz-at').innerText());
      pictures = Number(first?.[1]);
      expect(pictures).toBeGreaterThanOrEqual(4);
      expect(await viewer.see('quiz-picture').locator('img').count()).toBe(3);
      await viewer.picture('playing');
      expect(await findings(viewer.page, '[data-testid=quiz]')).toEqual([]);
      for (const key of ['ArrowLeft', 'ArrowRight']) await viewer.page.keyboard.press(key);
      expect(await viewer.see('quiz-at').innerText()).toBe(`Picture 3 of ${pictures}`);
      await viewer.see('quiz-real').click();
      for (let at = 4; at <= pictures; at += 1) await viewer.see('quiz-synthetic').click();
      await becomes('over');
      expect(await viewer.position('axial', [0, 0, 0])).toEqual(slice);
    },
    120_000,
  );

  step(
    'the end tells the score and what each picture was; nothing is written and nothing kept',
    async () => {
      expect(await viewer.see('quiz-score').innerText()).toMatch(
        new RegExp(`^\\d+ of ${pictures} right; a coin would have had about [\\d.]+\\.$`),
      );
      const answers = await viewer.see('quiz').locator('li').allInnerTexts();
      expect(answers).toHaveLength(pictures);
      expect(answers.filter((text) => text.startsWith('Synthetic')).length).toBeGreaterThan(0);
      expect(answers.filter((text) => text.startsWith('Real')).length).toBeGreaterThan(0);
      await viewer.picture('over');
      expect(await findings(viewer.page, '[data-testid=quiz]')).toEqual([]);
      await viewer.page.keyboard.press('Escape');
      await viewer.see('quiz').waitFor({ state: 'detached' });
      expect(await viewer.fingerprint(volume)).toBe(untouched);
      expect(await product.jobs()).toEqual([]);
      const { studyInstanceUID } = await product.welcome();
      expect(await product.archived(studyInstanceUID)).toHaveLength(1);
    },
    60_000,
  );

  step(
    'the command line writes such pictures with their answers',
    async () => {
      const { seriesInstanceUID } = await product.welcome();
      const out = join(product.dataDir, 'quiz');
      const { stdout } = await nodulelab(
        ...['--data', product.dataDir, '--json', 'quiz', seriesInstanceUID, '--count', '4', '--out', out],
      );
      const { questions, real } = JSON.parse(stdout) as { questions: { files: string[] }[]; real: string };
      expect([questions.length, real]).toEqual([4, 'phantom']);
      const written = await readdir(out);
      expect(written.toSorted()).toEqual(
        [...questions.flatMap(({ files }) => files), 'answers.txt'].toSorted(),
      );
      expect((await readFile(join(out, 'answers.txt'), 'utf8')).trim().split('\n')).toHaveLength(4);
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

/** A CT with four nodules. */
const PATIENT = 'LIDC-IDRI-0003';

describeWithLidc([PATIENT], 'the quiz on a real patient', (dir) => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;

  beforeAll(async () => {
    product = await Product.start('--no-demo');
    await product.import(dir);
    viewer = await ViewerPage.open(product.url, 'quizLidc', 1280, 720);
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  step(
    'shows the nodules of patients, in their CTs as the synthetic ones are',
    async () => {
      const { nodules } = AllNodules.parse(await (await fetch(`${product.url}/api/nodules`)).json());
      const [nodule] = nodules;
      await viewer.page.goto(`${product.url}/synthesis?StudyInstanceUIDs=${nodule!.studyInstanceUID}`);
      await viewer.see('nodule-1').waitFor({ timeout: 120_000 });
      await viewer.see('quiz-open').click();
      await viewer.page.locator('[data-testid=quiz-state][data-state=ready]').waitFor({ timeout: 180_000 });
      expect(await viewer.see('quiz-rules').innerText()).toContain('nodules of patients');
      await viewer.see('quiz-start').click();
      await viewer.see('quiz-picture').waitFor();
      await viewer.picture('playing');
      while ((await viewer.see('quiz-picture').count()) > 0) await viewer.page.keyboard.press('ArrowLeft');
      await viewer.see('quiz-score').waitFor();
      await viewer.picture('over');
      expect(viewer.errors).toEqual([]);
      expect(viewer.foreign).toEqual([]);
    },
    300_000,
  );
});
