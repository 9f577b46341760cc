/**
 * What a user waits for, in a real browser (headless Chromium, software rendering): from the address to a loaded CT, from
 * Propose to the preview in the viewport, from Accept to the new series on the screen.
 */
import { AllNodules } from '@nodulelab/contract';
import { Product } from '../test/e2e/product.ts';
import { acceptPreview } from '../test/support/acceptPreview.ts';
import { ViewerPage } from '../test/support/browser.ts';
import { lidcPatient } from './host.ts';
import { median, seconds, timed, type Row } from './row.ts';

const REPEATS = 3;
const DIAMETER_MM = '12';

export async function benchBrowserPath(): Promise<Row[]> {
  const product = await Product.start();
  const viewer = await ViewerPage.open(product.url, 'bench');
  try {
    const { study, on } = await hostStudy(product);
    const opening = await timed(async () => {
      await viewer.page.goto(`${product.url}/synthesis?StudyInstanceUIDs=${study}`);
      await viewer.see('nodule-1').waitFor({ timeout: 120_000 });
      return viewer.volumeLoaded();
    });
    const original = opening.value;
    await viewer.see('generate').click();
    await viewer.see('candidate-1').waitFor();
    await viewer.see('diameter').fill(DIAMETER_MM);
    const previews: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      if (repeat > 0) {
        await viewer.see('discard').click();
        await viewer.see('checks').waitFor({ state: 'detached' });
      }
      const preview = await timed(async () => {
        await viewer.see('propose').click();
        await viewer.see('checks').waitFor({ timeout: 120_000 });
      });
      previews.push(preview.seconds);
    }
    const accepted = await timed(async () => {
      await acceptPreview(viewer);
      await viewer.see('written').waitFor({ timeout: 240_000 });
    });
    const visible = await timed(() => viewer.volumeLoaded(original));
    return [
      seconds(`browser: address → CT loaded in three planes (${on})`, opening.seconds),
      seconds(`browser: Propose → preview shown (${on}), median of ${REPEATS}`, median(previews)),
      seconds(`browser: Accept → series in the study browser (${on})`, accepted.seconds),
      seconds(`browser: Accept → all of it loaded and shown (${on})`, accepted.seconds + visible.seconds),
    ];
  } finally {
    await viewer.close();
    await product.remove();
  }
}

async function hostStudy(product: Product): Promise<{ study: string; on: string }> {
  const demo = await product.welcome();
  const patient = lidcPatient();
  if (patient === undefined) return { study: demo.studyInstanceUID, on: 'phantom, 130 slices' };
  await product.import(patient);
  const { nodules } = AllNodules.parse(await (await fetch(`${product.url}/api/nodules`)).json());
  const real = nodules.find(({ studyInstanceUID }) => studyInstanceUID !== demo.studyInstanceUID);
  if (!real) throw new Error(`${patient} brought no nodule`);
  return { study: real.studyInstanceUID, on: 'LIDC-IDRI-0001, 133 slices' };
}
