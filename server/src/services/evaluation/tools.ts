/** What an evaluation measures with: the attribute network and the directions that were fixed before any set was seen. */
import type { Engine } from '../../engine/engine.ts';
import { openAttributeNetwork, type AttributeNetwork } from '../../networks/attributeNetwork.ts';
import { shippedNetworkFolder } from '../../networks/shipped.ts';
import { readSpaces, type FeatureSpaces } from '../networks/spaces.ts';

export type { FeatureSpaces };

export interface EvaluationTools {
  readonly engine: Engine;
  /** Null where there is none here: what needs it is not computed. */
  readonly attributes: AttributeNetwork | null;
  readonly spaces: FeatureSpaces | null;
  /** Why there is no network; empty where there is one. */
  readonly missing: string;
  release(): Promise<void>;
}

/**
 * @param roots folders with a folder for each network, the first one first
 * @throws NoduleLabError where there is a network that cannot be used
 */
export async function openEvaluationTools(
  roots: readonly string[],
  engine: Engine,
): Promise<EvaluationTools> {
  const folder = shippedNetworkFolder('attributes', roots);
  if (folder === undefined)
    return {
      ...{ engine, attributes: null, spaces: null },
      missing: `There is no attribute network under ${roots.join(' or ')}: train one with "nodulelab networks train attributes".`,
      release: () => Promise.resolve(),
    };
  const spaces = await readSpaces(folder);
  const attributes = await openAttributeNetwork(folder, engine);
  return { engine, attributes, spaces, missing: '', release: () => attributes.release() };
}
