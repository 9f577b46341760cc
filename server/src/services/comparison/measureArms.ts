/** The figures of every arm: its patches against those of the reference, by the measures of `nodulelab evaluate`. */
import type { PatchManifest } from '../../dataset/manifest.ts';
import type { Figure } from '../../evaluation/result.ts';
import { spotFakes } from '../../evaluation/spotting/spotFakes.ts';
import { evaluateGroups } from '../evaluation/evaluateGroups.ts';
import type { EvaluationTools } from '../evaluation/tools.ts';
import { ARMS, type Arm } from './arms.ts';
import type { MadeHost } from './makePlaces.ts';
import { placeGroup } from './placeGroups.ts';
import { CUTS, type Cut, type WorkFolder } from './workFolder.ts';

export interface MeasuringSetup {
  readonly work: WorkFolder;
  /** Descriptions are kept below it. */
  readonly outDir: string;
  readonly manifest: PatchManifest;
  readonly tools: EvaluationTools;
  readonly seed: number;
  readonly draws: number;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number, message: string) => void;
  /** ms */
  readonly now: () => number;
}

export interface MeasuredArms {
  readonly figures: Readonly<Record<Arm, readonly Figure[]>>;
  readonly warnings: readonly string[];
}

/** Measures that ask for a training set, or about wishes, say nothing here. */
const LEFT_OUT = /^(memorisation|copies|duplicates|adherence|inceptionScore)\//;
/** Part of the time that goes into the distances; the rest goes into spotting. */
const DISTANCES_SHARE = 0.4;

export async function measureArms(made: readonly MadeHost[], setup: MeasuringSetup): Promise<MeasuredArms> {
  const { outDir, tools, seed, draws, signal, onProgress, now } = setup;
  const group = (kind: Arm | 'reference'): ReturnType<typeof placeGroup> =>
    placeGroup(made, kind, 'isolated', 'patient', setup);
  const groups = { real: group('reference'), floor: group('transplanted'), bad: group('ellipsoids') };
  const figures: Partial<Record<Arm, Figure[]>> = {};
  const warnings = new Set<string>();
  for (const [n, arm] of ARMS.entries()) {
    const { found } = await evaluateGroups(
      { ...groups, synthetic: group(arm), training: null },
      {
        ...{ outDir, tools, seed, draws, signal, now, controls: false, spotting: false },
        onProgress: (fraction) =>
          onProgress((DISTANCES_SHARE * (n + fraction)) / ARMS.length, `Measuring ${arm}`),
      },
    );
    figures[arm] = found.figures.filter(({ key }) => !LEFT_OUT.test(key) && key !== 'spotting/auc');
    for (const warning of found.warnings) warnings.add(warning);
  }
  const runs = ARMS.flatMap((arm) => CUTS.map((cut) => ({ arm, cut })));
  for (const [n, { arm, cut }] of runs.entries())
    figures[arm]!.push(
      await spottingFigure(made, arm, cut, setup, (share) =>
        onProgress(
          DISTANCES_SHARE + ((1 - DISTANCES_SHARE) * (n + share)) / runs.length,
          `Telling ${arm} from real nodules`,
        ),
      ),
    );
  return { figures: figures as Record<Arm, Figure[]>, warnings: [...warnings] };
}

const CUT_TEXT: Readonly<Record<Cut, string>> = {
  isolated: 'the nodule alone on constant ground',
  context: 'the CT as it is around the place',
};

async function spottingFigure(
  made: readonly MadeHost[],
  arm: Arm,
  cut: Cut,
  setup: MeasuringSetup,
  onProgress: (share: number) => void,
): Promise<Figure> {
  const real = placeGroup(made, 'reference', cut, 'place', setup);
  const fake = placeGroup(made, arm, cut, 'place', setup);
  const { tools, seed, signal } = setup;
  const spotted = await spotFakes(real, fake, { engine: tools.engine, seed, signal, onProgress });
  const [measured, notComputed] =
    'notComputed' in spotted ? [null, spotted.notComputed] : [spotted.auc, null];
  return {
    key: `spotting/${cut}`,
    title: `A classifier spots it (${cut})`,
    definition: `AUC of a small classifier that learns to tell this kind from the reference by ${CUT_TEXT[cut]}, always asked about places that it did not learn from; 0.5 is guessing. It proves something only where it catches the ellipsoids at 0.95 or more.`,
    unit: '',
    better: 'lower',
    ...{ space: null, view: null, measured, floor: null, bad: null, notComputed },
    n: { real: real.count, synthetic: fake.count },
  };
}
