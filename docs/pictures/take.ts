/**
 * Takes the pictures of the README from the running product:
 * `node docs/pictures/take.ts ADDRESS`, where ADDRESS is what `nodulelab serve` prints after "Open".
 * It walks through the demo study as a user does, so the running product then holds one more synthetic series.
 */
import { join } from 'node:path';
import { acceptPreview } from '../../test/support/acceptPreview.ts';
import { ViewerPage } from '../../test/support/browser.ts';

const address = process.argv[2];
if (!address) throw new Error('usage: node docs/pictures/take.ts ADDRESS');
const { origin } = new URL(address);
const viewer = await ViewerPage.open(origin, 'pictures', 1440, 860);
const { page } = viewer;
/** Software rendering takes its time; a picture of a half-drawn viewport helps nobody. */
const SETTLED_MS = 2500;

async function take(name: string): Promise<void> {
  await page.waitForTimeout(SETTLED_MS);
  await page.screenshot({ path: join(import.meta.dirname, `${name}.jpg`), type: 'jpeg', quality: 82 });
}

try {
  await page.goto(origin);
  await page.locator('tbody tr', { hasText: 'Thorax phantom' }).first().click();
  await page.getByText('Nodule synthesis', { exact: true }).waitFor();
  await take('study-list');

  await page.goto(address);
  await viewer.see('candidate-1').waitFor();
  const original = await viewer.volumeLoaded();
  await take('welcome');

  await viewer.see('diameter').fill('18');
  await viewer.see('propose').click();
  await viewer.see('checks').waitFor();
  await take('preview');

  await acceptPreview(viewer);
  await viewer.see('written').waitFor({ timeout: 240_000 });
  await viewer.volumeLoaded(original);
  await take('accepted');
} finally {
  await viewer.close();
}
