/** The figures of every arm: its patches against those of the reference, by the measures of `nodulelab evaluate`. */
import type { PatchManifest } from '../../dataset/manifest.ts';
import type { PatchGroup } from '../../evaluation/patchGroup.ts';
import type { Figure } from '../../evaluation/result.ts';
import { spotFakes } from '../../evaluation/spotting/spotFakes.ts';
import { evaluateGroups } from '../evaluation/evaluateGroups.ts';
import type { EvaluationTools } from '../evaluation/tools.ts';
import { ARMS, type Arm, type Kind } from './arms.ts';
import { keptFigures, type KeptFigures } from './keptFigures.ts';
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
  readonly codeVersion: string;
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

/** It counts these too. */
const COUNTED = /figures could not be computed/;

export async function measureArms(made: readonly MadeHost[], setup: MeasuringSetup): Promise<MeasuredArms> {
  const { work, onProgress } = setup;
  const figures: Partial<Record<Arm, Figure[]>> = {};
  const warnings = new Set<string>();
  for (const [n, arm] of ARMS.entries()) {
    const found = await distances(made, arm, setup, (fraction) =>
      onProgress((DISTANCES_SHARE * (n + fraction)) / ARMS.length, `Measuring ${arm}`),
    );
    figures[arm] = found.figures;
    for (const warning of found.warnings) warnings.add(warning);
  }
  const runs = ARMS.flatMap((arm) => CUTS.map((cut) => ({ arm, cut })));
  for (const [n, { arm, cut }] of runs.entries()) {
    const real = placeGroup(made, 'reference', cut, 'place', setup);
    const fake = placeGroup(made, arm, cut, 'place', setup);
    const found = await keptFigures(
      work.dir,
      ['spotting', setup.codeVersion, real.sha256, fake.sha256, setup.seed],
      async () => ({
        figures: [
          await spottingFigure(real, fake, cut, setup, (share) =>
            onProgress(
              DISTANCES_SHARE + ((1 - DISTANCES_SHARE) * (n + share)) / runs.length,
              `Telling ${arm} from real nodules`,
            ),
          ),
        ],
        warnings: [],
      }),
    );
    figures[arm]!.push(...found.figures);
  }
  return { figures: figures as Record<Arm, Figure[]>, warnings: [...warnings] };
}

function distances(
  made: readonly MadeHost[],
  arm: Arm,
  setup: MeasuringSetup,
  onProgress: (fraction: number) => void,
): Promise<KeptFigures> {
  const { outDir, tools, seed, draws, signal, now } = setup;
  const group = (kind: Kind): PatchGroup => placeGroup(made, kind, 'isolated', 'patient', setup);
  const groups = {
    ...{ real: group('reference'), floor: group('transplanted'), bad: group('ellipsoids') },
    ...{ synthetic: group(arm), training: null },
  };
  const { real, floor, bad, synthetic } = groups;
  const name = [
    ...['distances', setup.codeVersion, seed, draws, tools.attributes?.card.weights.sha256 ?? null],
    ...[tools.spaces, real.sha256, floor.sha256, bad.sha256, synthetic.sha256],
  ];
  return keptFigures(setup.work.dir, name, async () => {
    const { found } = await evaluateGroups(groups, {
      ...{ outDir, tools, seed, draws, signal, now, controls: false, spotting: false, onProgress },
    });
    return {
      figures: found.figures.filter(({ key }) => !LEFT_OUT.test(key) && key !== 'spotting/auc'),
      warnings: found.warnings.filter((warning) => !COUNTED.test(warning)),
    };
  });
}

const CUT_TEXT: Readonly<Record<Cut, string>> = {
  isolated: 'the nodule alone on constant ground',
  context: 'the CT as it is around the place',
};

async function spottingFigure(
  real: PatchGroup,
  fake: PatchGroup,
  cut: Cut,
  { tools, seed, signal }: MeasuringSetup,
  onProgress: (share: number) => void,
): Promise<Figure> {
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
