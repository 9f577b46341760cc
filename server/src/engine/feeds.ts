/** The check of fed values that all engines share. */
import { NoduleLabError } from '../volume/errors.ts';
import { formatShape, sizeOf, type Shape } from '../tensor/index.ts';

export function checkFeeds(
  inputs: ReadonlyMap<string, Shape>,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
): void {
  for (const [name, shape] of inputs) {
    const given = feeds[name]?.length;
    if (given !== sizeOf(shape))
      throw new NoduleLabError(
        'invalid-input',
        `The input ${name} needs ${sizeOf(shape)} values for its shape ${formatShape(shape)}; ` +
          (given === undefined ? 'it was not fed.' : `${given} were fed.`),
        { input: name },
      );
  }
}
