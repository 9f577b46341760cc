import { beforeEach, describe, expect, test } from '@jest/globals';
import { createPreviews, type OpenPreview, type Previews } from '../../server/src/services/openPreviews.ts';

/** The registry looks at a preview's own id and at what it stands on alone. */
const preview = (id: string, after: string | null): OpenPreview =>
  ({ preview: { id, after }, below: { edits: [] } }) as unknown as OpenPreview;

describe('previews of which some stand on others', () => {
  let previews: Previews;
  beforeEach(() => {
    previews = createPreviews();
    for (const [id, after] of [
      ['lower', null],
      ['upper', 'lower'],
      ['beside', 'lower'],
    ] as const)
      previews.add(preview(id, after));
  });

  test('while one is written, neither it nor those below it can be accepted or discarded', async () => {
    await previews.write('upper', async () => {
      for (const id of ['upper', 'lower']) {
        expect(() => previews.get(id)).toThrow(/is being written/);
        expect(() => previews.remove(id)).toThrow(/is being written/);
        await expect(previews.write(id, async () => null)).rejects.toThrow(/is being written/);
      }
      await expect(previews.write('beside', async () => null)).rejects.toThrow(
        /preview lower is being written/,
      );
    });
    for (const id of ['upper', 'lower']) expect(() => previews.get(id)).toThrow(/there is no preview/);
  });

  test('what stands on the same one can be accepted afterwards', async () => {
    await previews.write('upper', async () => null);
    await expect(previews.write('beside', async ({ preview: { id } }) => id)).resolves.toBe('beside');
  });

  test('all of them can be accepted again when the writing failed', async () => {
    const failed = previews.write('upper', () => Promise.reject(new Error('the archive is away')));
    await expect(failed).rejects.toThrow('the archive is away');
    await expect(previews.write('lower', async () => 1)).resolves.toBe(1);
  });
});
