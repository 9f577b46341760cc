/** Described groups as the measures of memorisation take them. */
import type { SeenGroup } from '../../../evaluation/memorisation/memorisation.ts';
import type { Rows } from '../../../evaluation/rows.ts';
import { rowsOf } from '../../../evaluation/sample.ts';
import type { FeatureSpace } from '../../../evaluation/featureSpace.ts';
import type { Described } from '../describe/described.ts';
import type { FeatureSpaces } from '../tools.ts';

export function seenOf({ group, patches, pixels }: Described, spaces: FeatureSpaces | null): SeenGroup {
  const vectors = patches.flatMap(({ attributes: { patch } }) => (patch === null ? [] : [patch.features]));
  const whole = spaces !== null && vectors.length === patches.length;
  return {
    name: group.name,
    items: group.items,
    pixels,
    features: whole ? standardised(spaces.attributes.patch, rowsOf(vectors)) : null,
  };
}

function standardised({ mean, scale }: FeatureSpace, { count, dimension, values }: Rows): Rows {
  const out = new Float64Array(values.length);
  for (let row = 0, at = 0; row < count; row++)
    for (let column = 0; column < dimension; column++, at++)
      // A feature that did not vary counts for nothing.
      out[at] = scale[column]! > 0 ? (values[at]! - mean[column]!) / scale[column]! : 0;
  return { count, dimension, values: out };
}
