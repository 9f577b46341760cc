import { describe, expect, test } from '@jest/globals';
import { openPatchFile } from '../../server/src/dataset/patchFile.ts';
import type { WantedConditions } from '../../server/src/gan/support.ts';
import type { BalanceModel } from '../../server/src/services/balance/balanceModel.ts';
import { PARENCHYMA_HU, windowHu } from '../../server/src/volume/window.ts';
import { balanced, model, synthetics } from '../support/balancedSets.ts';
import { drawing, USUAL } from '../support/drawing.ts';
import { ballPatch } from '../support/nodulePatches.ts';

describe('a set balanced by a conditional model', () => {
  test('asks a conditional model for the characteristics of one real malignant nodule at a time', async () => {
    const asked: WantedConditions[] = [];
    const manifest = await balanced(
      { malignant: 4, benign: 20 },
      model(
        drawing(
          (seed, index, wanted) => {
            asked.push(wanted);
            return ballPatch(16, 3.5, `${seed} ${index}`);
          },
          ['diameter', 'spiculation'],
        ),
      ),
    );
    const pairs = new Set(
      manifest.patches.flatMap((patch) =>
        patch.origin === 'real' && patch.class === 'malignant'
          ? [`${patch.diameterMm} ${patch.characteristics?.spiculation}`]
          : [],
      ),
    );
    expect(asked).toHaveLength(16);
    for (const conditions of asked)
      expect(pairs).toContain(`${conditions.diameter} ${conditions.spiculation}`);
    const items = synthetics(manifest.patches);
    // In full, whatever was asked for.
    expect(items.map(({ conditions }) => conditions)).toEqual(
      asked.map((wanted) => ({ ...USUAL, ...wanted })),
    );
    for (const item of items) expect(item.conditions['diameter']).toBe(item.diameterMm);
  });

  test('asks for what is wanted in place of what the real nodule is, and gives the patch that size', async () => {
    const conditional = model(
      drawing((seed, index) => ballPatch(16, 3.5, `${seed} ${index}`), ['diameter', 'texture']),
    );
    const { patches } = await balanced({}, conditional, { wanted: { diameter: 12.5 } });
    for (const { conditions, diameterMm, spacingMm } of synthetics(patches))
      expect([conditions['diameter'], diameterMm, spacingMm]).toEqual([12.5, 12.5, 25 / 16]);
    await expect(balanced({}, conditional, { wanted: { margin: 2 } })).rejects.toMatchObject({
      kind: 'invalid-input',
      message: 'balls cannot be asked for margin; it can be for: diameter, texture.',
    });
  });

  test('takes what a model with alpha makes as it is, both channels, on exactly the ground of real ones', async () => {
    const ground = Math.fround(windowHu(PARENCHYMA_HU));
    const alphaOf = (name: string): Float32Array =>
      ballPatch(16, 3.5, name).map((value) => Math.max(0, (value - 0.1) / 0.7));
    const withAlpha: Partial<BalanceModel> = {
      makesAlpha: true,
      draw: async (seed, index) => {
        const alpha = alphaOf(`${seed} ${index}`);
        // The last digits of the ground are a network's.
        const hu = alpha.map((share, at) => ground + (at % 7) * 2e-4 + 0.6 * share);
        return { hu, alpha, conditions: undefined };
      },
    };
    const { outDir, patches, channels } = await balanced({ alpha: true }, model(withAlpha));
    expect(channels).toEqual(['hu', 'alpha']);
    const file = await openPatchFile(outDir);
    const onGround: number[] = [];
    for (const [n, patch] of patches.entries()) {
      if (patch.origin === 'real') continue;
      const [hu, alpha] = [await file.patch(n), await file.channel(n, 'alpha')];
      const expected = alphaOf(`7 ${patch.index}`);
      for (const [at, share] of alpha.entries()) {
        expect(Math.abs(share - expected[at]!)).toBeLessThan(1e-3);
        if (share === 0) onGround.push(hu[at]!);
      }
    }
    expect(onGround.length).toBeGreaterThan(1000);
    expect(new Set(onGround).size).toBe(1);
    expect(onGround[0]).toBeCloseTo(ground, 4);
    await file.close();
  });
});
