import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { onnxCpuEngine } from '../../../server/src/engine/onnxCpu.ts';
import { REPOSITORY } from '../../../server/src/cli/runtime.ts';
import { cutPatch, idOf, type Cut } from '../../../server/src/dataset/cutPatch.ts';
import { ALWAYS_TEST, splitPatients, TEST_FOLD } from '../../../server/src/dataset/split.ts';
import { openVoiFolder } from '../../../server/src/dataset/voiFolder.ts';
import { spearman } from '../../../server/src/evaluation/correlation.ts';
import { RADIOMIC_NAMES } from '../../../server/src/evaluation/radiomics/radiomicFeatures.ts';
import { CHARACTERISTICS } from '../../../server/src/networks/attributeArchitecture.ts';
import { openAttributeNetwork } from '../../../server/src/networks/attributeNetwork.ts';
import { readNetworkCard } from '../../../server/src/networks/networkCard.ts';
import { shippedNetworkFolder } from '../../../server/src/networks/shipped.ts';
import { medianOf } from '../../../server/src/services/networks/agreement.ts';
import { readSpaces } from '../../../server/src/services/networks/spaces.ts';
import { testWithLidc } from '../../support/lidcData.ts';

const engine = onnxCpuEngine({ threads: 1 });
const folder = shippedNetworkFolder('attributes', [join(REPOSITORY, 'models')])!;
const NODULES = 20;

describe('the attribute network that is shipped', () => {
  test('opens with the weights and the spaces of its card', async () => {
    const network = await openAttributeNetwork(folder, engine);
    await network.release();
    const spaces = await readSpaces(folder);
    expect(spaces.attributes.patch.names).toHaveLength(network.featureSize);
    for (const view of ['patch', 'nodule'] as const)
      expect(spaces.radiomics[view].names).toEqual([...RADIOMIC_NAMES]);
  });

  test('says for every characteristic how good it is on held-out patients, and what readers reach', async () => {
    const card = await readNetworkCard(folder, 'attributes');
    for (const name of CHARACTERISTICS)
      for (const statistic of ['Spearman', 'mean absolute error', 'quadratic-weighted kappa'])
        expect(card.figures.find(({ what }) => what === `${name}: ${statistic}`)).toMatchObject({ n: 119 });
    for (const figure of card.figures.filter(({ what }) => what.startsWith('malignancy: Spearman'))) {
      expect(figure.ceiling).toBeGreaterThan(0.3);
      expect(figure.interval![0]).toBeLessThan(figure.value!);
      expect(figure.interval![1]).toBeGreaterThan(figure.value!);
    }
    expect(card.faults.length).toBeGreaterThan(0);
    expect(card.split.testPatients).toEqual(expect.arrayContaining([...ALWAYS_TEST]));
  });

  testWithLidc(
    ['nodule-vois'],
    'reaches the figures of its card on real nodules of patients that it has not seen',
    async (vois) => {
      const card = await readNetworkCard(folder, 'attributes');
      const source = await openVoiFolder(join(vois!, 'nodule-vois'));
      const split = splitPatients(
        source.nodules.map(({ patientId }) => patientId),
        { seed: card.split.seed, folds: card.split.folds, testPatients: card.split.testPatients },
      );
      // The very split of the training: these patients were kept from it.
      expect(split.sha256).toBe(card.split.sha256);
      const heldOut = source.nodules
        .filter(({ patientId }) => split.assignment[patientId] === TEST_FOLD)
        .toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
      const cuts: Extract<Cut, { entry: unknown }>[] = [];
      for (const nodule of heldOut) {
        if (cuts.length === NODULES) break;
        const cut = await cutPatch(nodule, 'indeterminate', {
          ...{ form: 'isolated', size: 64, channels: ['hu'], fieldOfView: { diameters: 2 } },
          ...{ softMargin: card.softMargins[0]!, minDiameterMm: 5, maxDiameterMm: 40 },
        });
        if ('entry' in cut) cuts.push(cut);
      }
      expect(cuts).toHaveLength(NODULES);
      const network = await openAttributeNetwork(folder, engine);
      const readings = await network.describe(
        cuts.map(({ cubes, entry }) => ({ values: cubes[0]!, size: 64, spacingMm: entry.spacingMm })),
      );
      await network.release();

      // Cut by the union of the readers and rated by majority, which needs no XML: a little harder than the card's.
      const figure = (what: string) => card.figures.find((known) => known.what === what)!;
      const errors = readings.map(({ predicted }, i) =>
        Math.abs(predicted.diameterMm / cuts[i]!.entry.diameterMm - 1),
      );
      expect(medianOf(errors)).toBeLessThan(2 * figure('diameter: median relative error').interval![1]);
      for (const name of ['malignancy', 'subtlety'] as const) {
        const rho = spearman(
          readings.map(({ predicted }) => predicted[name]),
          cuts.map(({ entry }) => entry.characteristics![name]),
        );
        expect(rho).toBeGreaterThan(figure(`${name}: Spearman`).interval![0] - 0.25);
      }
    },
    120_000,
  );
});
