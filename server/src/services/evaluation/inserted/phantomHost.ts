/** The host where the user names none: a thorax that is made of nothing but a seed, without nodules of its own. */
import { lungMask } from '../../../anatomy/lungMask.ts';
import { DEMO_PHANTOM, makePhantom } from '../../../phantom/phantom.ts';
import type { ComparisonHost, LoadedHost } from '../../comparison/hosts.ts';

const SEED = 1;

/** Made when it is first loaded, and once. */
export function phantomHost(): ComparisonHost {
  let made: LoadedHost | undefined;
  return {
    name: 'thorax phantom',
    patientId: null,
    key: `thorax phantom ${SEED}`,
    load: async () => (made ??= make()),
  };
}

function make(): LoadedHost {
  const { volume } = makePhantom({ ...DEMO_PHANTOM, nodules: [], seed: SEED });
  return { volume, lung: lungMask(volume), nodules: [] };
}
