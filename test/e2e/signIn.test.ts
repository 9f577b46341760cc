import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { IssuedAccount } from '@nodulelab/contract';
import { ViewerPage } from '../support/browser.ts';
import { nodulelab } from '../support/product.ts';
import { Product } from './product.ts';
import { walk } from './walk.ts';

describe('a user of a server with accounts', () => {
  const step = walk();
  let product: Product;
  let viewer: ViewerPage;
  let token: string;

  const accounts = (...words: readonly string[]) =>
    nodulelab('--data', product.dataDir, '--json', 'accounts', ...words);

  beforeAll(async () => {
    product = await Product.start('--accounts', '--demo-size', 'small');
    const added = await accounts('add', 'eva', '--role', 'annotator');
    ({ token } = IssuedAccount.parse(JSON.parse(added.stdout)));
    viewer = await ViewerPage.open(product.url, 'sign-in');
  }, 300_000);

  afterAll(async () => {
    await viewer?.close();
    await product?.remove();
  }, 60_000);

  step(
    'is asked for a token, told where it is wrong, and led to where they were going',
    async () => {
      const { page } = viewer;
      await page.goto(product.open);
      expect(new URL(page.url()).pathname).toBe('/sign-in');
      await viewer.picture('sign-in');
      await page.getByLabel('Token').fill('not-it');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').innerText()).toContain('opens no account');
      await page.getByLabel('Token').fill(token);
      await page.keyboard.press('Enter');
      await viewer.see('candidate-1').waitFor({ timeout: 120_000 });
      expect(page.url()).toBe(product.open);
      await viewer.volumeLoaded();
      await viewer.picture('signed-in');
    },
    240_000,
  );

  step(
    'is told calmly that the session has ended when the account is revoked, and the CT stays',
    async () => {
      expect((await accounts('revoke', 'eva')).status).toBe(0);
      await viewer.see('generate').click();
      const trouble = viewer.page.getByText('Your session has ended.').first();
      await trouble.waitFor({ timeout: 60_000 });
      await viewer.picture('revoked');
      expect(viewer.errors).toEqual([]);
    },
    120_000,
  );
});
