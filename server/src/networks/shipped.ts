/** Where the networks that measure lie: in folders of fixed names below models/. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NETWORK_CARD_FILE, type NetworkCard } from './networkCard.ts';

export const NETWORK_FOLDERS: Readonly<Record<NetworkCard['kind'], string>> = {
  attributes: 'attributes-32',
  detector: 'detector-32',
};

/**
 * The network of this kind.
 * @param roots folders of models, the preferred one first: one that the user trained goes before the shipped one
 * @returns undefined where none of them has one
 */
export const shippedNetworkFolder = (
  kind: NetworkCard['kind'],
  roots: readonly string[],
): string | undefined =>
  roots
    .map((root) => join(root, NETWORK_FOLDERS[kind]))
    .find((folder) => existsSync(join(folder, NETWORK_CARD_FILE)));
