/**
 * Takes the pictures of docs/user-guide.md from the running product:
 * `node docs/pictures/tasks.ts ADDRESS`, where ADDRESS is what `nodulelab serve` prints after "Open". The running product then
 * holds one more synthetic series.
 */
import { join } from 'node:path';
import { ViewerPage } from '../../test/support/browser.ts';
import { FIVE_TASKS, Hands } from '../../test/support/fiveTasks.ts';

const address = process.argv[2];
if (!address) throw new Error('usage: node docs/pictures/tasks.ts ADDRESS');
const viewer = await ViewerPage.open(new URL(address).origin, 'tasks', 1280, 800);
/** Software rendering takes its time. */
const SETTLED_MS = 2500;

try {
  await viewer.page.goto(address);
  await viewer.see('candidate-1').waitFor({ timeout: 120_000 });
  await viewer.volumeLoaded();
  for (const [at, { name, walk }] of FIVE_TASKS.entries()) {
    await walk(new Hands(viewer));
    await viewer.page.waitForTimeout(SETTLED_MS);
    const path = join(import.meta.dirname, `task-${at + 1}-${name}.jpg`);
    await viewer.page.screenshot({ path, type: 'jpeg', quality: 80 });
  }
} finally {
  await viewer.close();
}
