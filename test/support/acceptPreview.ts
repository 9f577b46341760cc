import type { ViewerPage } from './browser.ts';

/** Presses Accept as a user does who has looked: a poor check is accepted all the same. */
export async function acceptPreview(viewer: ViewerPage): Promise<void> {
  await viewer.see('accept').click();
  const question = viewer.see('question');
  await question.or(viewer.see('job')).or(viewer.see('written')).first().waitFor();
  if (await question.isVisible()) await viewer.see('confirm').click();
}
