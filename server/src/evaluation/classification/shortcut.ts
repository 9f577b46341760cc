/** Whether a classifier takes "synthetic" for "malignant". */
import { aucStatistic, meanOverSeeds, meanStatistic, redrawn, type Times } from './redraws.ts';
import type { Shortcut } from './result.ts';
import type { ArmScores, TestNodule } from './scores.ts';
import type { Seed } from '../bootstrap.ts';
import { NoduleLabError } from '../../volume/errors.ts';

/**
 * What an arm says of synthetic benign nodules beside what it says of real ones; null where it was asked about none. Real
 * nodules are drawn by patient, synthetic ones each for itself.
 *
 * @param draws of the nodules
 */
export function shortcutOf(
  arm: ArmScores,
  nodules: readonly TestNodule[],
  draws: readonly Times[],
  seed: Seed,
): Shortcut | null {
  const probes = arm.seeds[0]!.probes.length;
  if (probes === 0) return null;
  if (arm.seeds.some((of) => of.probes.length !== probes || of.probesCalled.length !== probes))
    throw new NoduleLabError(
      'invalid-input',
      `The seeds of ${arm.name} were asked about different numbers of synthetic benign nodules: ask all about the same.`,
    );
  const names = Array.from({ length: probes }, (_, probe) => `probe ${probe}`);
  const probeDraws = redrawn(names, draws.length, seed, 'probes');
  const benign = Uint32Array.from(nodules.keys()).filter((i) => !nodules[i]!.malignant);
  const patients = new Set([...benign].map((i) => nodules[i]!.patient)).size;

  // Real nodules first, then probes.
  const together = draws.map((times, draw) => joined(Uint16Array, times, probeDraws[draw]!));
  const labels = joined(Uint8Array, new Uint8Array(nodules.length), new Uint8Array(probes).fill(1));
  const rows = joined(
    Uint32Array,
    benign,
    Uint32Array.from(names.keys(), (probe) => nodules.length + probe),
  );
  const all = Uint32Array.from(names.keys());
  return {
    probes,
    called: meanOverSeeds(
      arm.seeds.map(({ probesCalled }) => meanStatistic(probesCalled, all)),
      probeDraws,
      { clusterCount: probes },
    ),
    realCalled: meanOverSeeds(
      arm.seeds.map(({ called }) => meanStatistic(called, benign)),
      draws,
      { clusterCount: patients },
    ),
    auc: meanOverSeeds(
      arm.seeds.map((of) => aucStatistic(joined(Float64Array, of.probabilities, of.probes), labels, rows)),
      together,
      { clusterCount: Math.min(probes, patients) },
    ),
  };
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function joined<T extends Numbers>(kind: new (length: number) => T, one: T, other: T): T {
  const both = new kind(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
