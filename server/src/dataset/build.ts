/** Builds a set of patches with its manifest: the semantics of `nodulelab dataset build`. */
import { NoduleLabError } from '../volume/errors.ts';
import type { CtVolume } from '../volume/ctVolume.ts';
import { WINDOW_HIGH_HU, WINDOW_LOW_HU } from '../volume/window.ts';
import { judge, MEDIAN_RULE, ruleText } from './cancerRule.ts';
import type { CancerRule, Judgement, NoduleClass, RatingSource } from './cancerRule.ts';
import { cutPatch, idOf } from './cutPatch.ts';
import type { Cutting } from './cutPatch.ts';
import { readDiagnosisTable } from './diagnosisTable.ts';
import type { DiagnosisTable } from './diagnosisTable.ts';
import { softMarginSchema } from './manifest.ts';
import type { FieldOfView, PatchManifest } from './manifest.ts';
import { openSource } from './openSource.ts';
import type { SourceOptions } from './openSource.ts';
import { PATCH_SIZE } from './patch.ts';
import { requireNewFolder, writePatchSet } from './patchSetWriter.ts';
import type { PatchSetWriter } from './patchSetWriter.ts';
import { SOFT_MARGIN } from './softMask.ts';
import type { SoftMargin } from './softMask.ts';
import type { NoduleSource, SourceNodule } from './source.ts';
import { ALWAYS_TEST, splitPatients, TEST_FOLD } from './split.ts';

export interface BuildOptions {
  readonly source: SourceOptions;
  readonly class: 'malignant' | 'benign' | 'all';
  /** Default: the median of the readers' ratings. `diagnosis` takes the path of the table. */
  readonly cancerRule?: CancerRule;
  readonly form: 'isolated' | 'context';
  /** Edge length in voxels, 8 to 512. Default 64, which the presets train on. */
  readonly size?: number;
  /** `'scaled'` is twice each nodule's largest in-plane diameter; `spacingMm` is `size` times as many mm. */
  readonly fieldOfView: 'scaled' | FieldOfView | { readonly spacingMm: number };
  /** Writes the soft mask as a second channel; isolated form only. */
  readonly alpha?: boolean;
  /** Isolated form: default 3 and 5 mm. */
  readonly softMargin?: SoftMargin;
  /** Smaller nodules are left out. Default 5 for a field of view in diameters (they fill too few voxels), else 3. */
  readonly minDiameterMm?: number;
  /** Larger ones are left out: sprawling marks rather than nodules. Default 40 for a field of view in diameters. */
  readonly maxDiameterMm?: number;
  readonly split?: {
    readonly seed?: number;
    readonly testPatients?: readonly string[];
    readonly folds?: number;
  };
  readonly fold: 'train' | 'test';
  /** Folder of the set; must not exist yet. */
  readonly outDir: string;
  readonly dtype?: 'f16' | 'f32';
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const SMALLEST = 8;
const LARGEST = 512;

/**
 * Cuts the patches and writes `manifest.json` and `patches.f16` (or `.f32`) into `outDir`, all or nothing: the folder
 * appears complete, by one rename. The same input gives the same bytes. A nodule that cannot be read is left out, with
 * the reason; parts of the source that cannot be used are named in the manifest's `problems`.
 */
export async function buildDataset(options: BuildOptions): Promise<PatchManifest> {
  const { outDir, dtype = 'f16', signal } = options;
  await requireNewFolder(outDir);
  const cutting = cuttingOf(options);
  const rule = options.cancerRule ?? MEDIAN_RULE;
  const table = rule.kind === 'diagnosis' ? await readDiagnosisTable(rule.file) : undefined;
  const source = await openSource(options.source);
  if (options.form === 'context' && !source.wholeCts)
    throw new NoduleLabError(
      'unusable',
      'Context patches need whole CTs: nodule cut-outs end with the nodule. Use the isolated form, or CT series.',
    );
  return writePatchSet({ outDir, dtype, signal }, (writer) =>
    cutAll(options, cutting, judged(source, rule, table), writer),
  );
}

function cuttingOf({ form, size = PATCH_SIZE, fieldOfView, alpha, ...options }: BuildOptions): Cutting {
  if (!Number.isInteger(size) || size < SMALLEST || size > LARGEST)
    throw new NoduleLabError(
      'invalid-input',
      `Patches have ${SMALLEST} to ${LARGEST} voxels along an edge, not ${size}.`,
    );
  if (alpha === true && form === 'context')
    throw new NoduleLabError(
      'invalid-input',
      'Context patches are the CT as it is and have no alpha: ask for the isolated form.',
    );
  const field: FieldOfView =
    fieldOfView === 'scaled'
      ? { diameters: 2 }
      : 'spacingMm' in fieldOfView
        ? { mm: size * fieldOfView.spacingMm }
        : fieldOfView;
  const scaled = 'diameters' in field;
  const softMargin = options.softMargin ?? SOFT_MARGIN;
  if (!softMarginSchema.safeParse(softMargin).success)
    throw new NoduleLabError(
      'invalid-input',
      `The soft margin cannot run from ${softMargin.fullMm} to ${softMargin.rimMm} mm: it ends further out than it begins, within 20 mm.`,
    );
  return {
    form,
    size,
    channels: alpha === true ? ['hu', 'alpha'] : ['hu'],
    fieldOfView: field,
    softMargin,
    minDiameterMm: options.minDiameterMm ?? (scaled ? 5 : 3),
    maxDiameterMm: options.maxDiameterMm ?? (scaled ? 40 : null),
  };
}

/** A source seen through a cancer rule. */
interface JudgedSource extends NoduleSource {
  readonly rule: CancerRule;
  readonly judgementOf: (nodule: SourceNodule) => Judgement;
}

function judged(source: NoduleSource, rule: CancerRule, table: DiagnosisTable | undefined): JudgedSource {
  const judgements = new Map(source.nodules.map((nodule) => [nodule, judge(rule, nodule, table)]));
  return {
    ...source,
    problems: [...source.problems, ...(table?.problems ?? [])],
    // A manifest names files, not the folders of the machine on which it was made.
    rule: table === undefined ? rule : { kind: 'diagnosis', file: table.file, sha256: table.sha256 },
    judgementOf: (nodule) => judgements.get(nodule) ?? judge(rule, nodule, table),
  };
}

async function cutAll(
  options: BuildOptions,
  cutting: Cutting,
  source: JudgedSource,
  writer: PatchSetWriter,
): ReturnType<Parameters<typeof writePatchSet>[1]> {
  const { fold, signal, onProgress } = options;
  const split = splitPatients(
    source.nodules.map(({ patientId }) => patientId),
    {
      seed: options.split?.seed ?? 1,
      folds: options.split?.folds ?? 5,
      testPatients: [...ALWAYS_TEST, ...(options.split?.testPatients ?? [])],
    },
  );
  const ofFold = source.nodules
    .filter(({ patientId }) => (split.assignment[patientId] === TEST_FOLD) === (fold === 'test'))
    .toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const leftOut: { id: string; reason: string }[] = [];
  const wanted: { readonly nodule: SourceNodule; readonly class: NoduleClass }[] = [];
  for (const nodule of ofFold) {
    const judgement = source.judgementOf(nodule);
    if ('leftOut' in judgement) leftOut.push({ id: idOf(nodule), reason: judgement.leftOut });
    else if (options.class === 'all' || judgement.class === options.class)
      wanted.push({ nodule, class: judgement.class });
  }

  // The nodules of a patient follow each other; while one is cut, its CT stays for the next.
  const held: { ct?: CtVolume } = {};
  for (const [index, { nodule, class: of }] of wanted.entries()) {
    signal?.throwIfAborted();
    onProgress?.(index, wanted.length);
    const cut = await cutPatch(nodule, of, cutting);
    if ('reason' in cut) leftOut.push({ id: idOf(nodule), reason: cut.reason });
    else {
      await writer.add(cut.cubes, cut.entry);
      held.ct = cut.ct;
    }
  }
  onProgress?.(wanted.length, wanted.length);
  if (writer.entries.length === 0) throw nothingLeft(options, ofFold.length, leftOut);
  return {
    size: cutting.size,
    channels: [...cutting.channels],
    form: cutting.form,
    class: options.class,
    fold,
    ...(cutting.form === 'isolated' ? { softMargin: cutting.softMargin } : {}),
    fieldOfView: cutting.fieldOfView,
    windowHu: [WINDOW_LOW_HU, WINDOW_HIGH_HU],
    minDiameterMm: cutting.minDiameterMm,
    maxDiameterMm: cutting.maxDiameterMm,
    cancerRule: ruleOf(source, writer),
    leftOut,
    problems: source.problems.map(({ name, message }) => ({ name, message })),
    split: {
      ...split,
      testPatients: [...split.testPatients],
      ...(source.nodules.some(({ patientId, seriesUID }) => patientId === seriesUID)
        ? { seriesForPatients: true }
        : {}),
      assignment: { ...split.assignment },
    },
  };
}

function ruleOf(source: JudgedSource, { entries }: PatchSetWriter): PatchManifest['cancerRule'] {
  const { rule, nodules, judgementOf } = source;
  const classes = nodules.flatMap((nodule) => {
    const judgement = judgementOf(nodule);
    return 'leftOut' in judgement ? [] : [judgement.class];
  });
  const ratedBy = (by: RatingSource): number =>
    nodules.filter(({ ratingSource }) => ratingSource === by).length;
  return {
    rule,
    text: ruleText(rule),
    ratedBy: { readers: ratedBy('readers'), majority: ratedBy('majority'), none: ratedBy('none') },
    counts: classCounts(classes),
    notJudged: nodules.length - classes.length,
    countsInSet: classCounts(entries.map((patch) => patch.class)),
  };
}

function nothingLeft(
  options: BuildOptions,
  considered: number,
  leftOut: readonly { readonly id: string; readonly reason: string }[],
): NoduleLabError {
  return new NoduleLabError(
    'unusable',
    `No nodule of class "${options.class}" and fold "${options.fold}" gave a patch: the fold has ${considered} nodules, ` +
      `${leftOut.length} were left out${leftOut[0] ? ` (${leftOut[0].id}: ${leftOut[0].reason})` : ''}. ` +
      'Choose another class, fold, cancer rule or diameter, or a source with more patients.',
    { fold: options.fold, considered },
  );
}

function classCounts(classes: readonly NoduleClass[]): Record<NoduleClass, number> {
  const counts = { malignant: 0, benign: 0, indeterminate: 0 };
  for (const one of classes) counts[one]++;
  return counts;
}
