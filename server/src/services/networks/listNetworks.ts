/** The networks that measure, by their cards. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NETWORK_CARD_FILE, readNetworkCard, type NetworkCard } from '../../networks/networkCard.ts';

export interface FoundNetwork {
  readonly folder: string;
  readonly card: NetworkCard;
}

/** @param roots Each holds one folder a network, beside the generators. */
export async function listNetworks(roots: readonly string[]): Promise<FoundNetwork[]> {
  const found: FoundNetwork[] = [];
  for (const root of roots.filter((folder) => existsSync(folder)))
    for (const entry of (await readdir(root)).toSorted()) {
      const folder = join(root, entry);
      // A dot in front: being written.
      if (entry.startsWith('.') || !existsSync(join(folder, NETWORK_CARD_FILE))) continue;
      found.push({ folder, card: await readNetworkCard(folder) });
    }
  return found;
}
