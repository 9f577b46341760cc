/**
 * The datasheet of an export, after Gebru et al., "Datasheets for Datasets", Communications of the ACM 64(12), 2021: the
 * seven groups of questions, answered from the manifest and the model cards. What neither says is called not stated.
 */
import type { PatchManifest } from '../../dataset/manifest.ts';
import type { ModelCard } from '../../gan/modelCard.ts';
import type { ExportRecord, ExportedPatch } from '../exportSet/exportRecord.ts';
import { comesFromLidc, LIDC_CITATION, LIDC_TERMS } from './lidcTerms.ts';
import { areaUnderRoc, markdownTable, quantiles, tally } from './text.ts';

export interface DatasheetFacts {
  /** Of the set that was exported. */
  readonly manifest: PatchManifest;
  readonly record: ExportRecord;
  /** Cards of the models whose nodules are in it, by SHA-256 of the weights. */
  readonly cards: ReadonlyMap<string, ModelCard>;
  /** What only the exporter knows; absent ones are called not stated. */
  readonly stated: { readonly purpose?: string | undefined; readonly contact?: string | undefined };
}

const NOT_STATED = 'Not stated by the exporter.';

export function datasheet(facts: DatasheetFacts): string {
  const { record } = facts;
  const title = `# Datasheet: ${record.count} lung nodule patches`;
  const intro =
    `Exported by NoduleLab ${record.codeVersion} on ${record.exportedAt.slice(0, 10)} as ${record.format}. ` +
    'Generated from the manifest of the set; `export.json` says the same of every single patch. For research only.';
  return `${[
    title,
    intro,
    section('Motivation', motivation(facts)),
    section('Composition', composition(facts)),
    section('Collection process', collection(facts)),
    section('Preprocessing, cleaning and labelling', preprocessing(facts)),
    ...(syntheticOf(record).length === 0 ? [] : [section('Synthetic nodules', synthetic(facts))]),
    section('Uses', uses(facts)),
    section('Distribution', distribution(facts)),
    section('Maintenance', maintenance(facts)),
  ].join('\n\n')}\n`;
}

const section = (title: string, paragraphs: readonly string[]): string =>
  [`## ${title}`, ...paragraphs].join('\n\n');

const LABELS = {
  median: "It is the readers' opinion, not pathology.",
  table: "It is the opinion of the source's table, not pathology.",
  diagnosis: 'It is the diagnosis of the patient, which need not be that of each nodule.',
} as const;

type Real = Extract<ExportedPatch, { origin: 'real' }>;
type Synthetic = Extract<ExportedPatch, { origin: 'synthetic' }>;
const realOf = ({ patches }: ExportRecord): Real[] => patches.filter((one) => one.origin === 'real');
const syntheticOf = ({ patches }: ExportRecord): Synthetic[] =>
  patches.filter((one) => one.origin === 'synthetic');
const patientsIn = (patches: readonly Real[]): number =>
  new Set(patches.map(({ patientId }) => patientId)).size;

function motivation({ stated, record }: DatasheetFacts): string[] {
  const { balance } = record;
  return [
    `Purpose: ${stated.purpose ?? NOT_STATED}`,
    ...(balance === null
      ? []
      : [
          `The set was balanced to ${balance.ratio.join(':')} malignant to benign: it had ${balance.before.malignant} malignant ` +
            `and ${balance.before.benign} benign nodules, and ${balance.after.syntheticMalignant} synthetic malignant ones were added.`,
        ]),
  ];
}

function composition({ record, manifest }: DatasheetFacts): string[] {
  const real = realOf(record);
  const synthetics = syntheticOf(record);
  const classes = ['malignant', 'benign', 'indeterminate'] as const;
  const of = (patches: readonly ExportedPatch[], nodule: string): number =>
    patches.filter((patch) => patch.class === nodule).length;
  const rows = classes.map((nodule) => [
    nodule,
    String(of(real, nodule)),
    String(of(synthetics, nodule)),
    String(patientsIn(real.filter((patch) => patch.class === nodule))),
  ]);
  const { count, size, channels, fold, split } = record;
  return [
    `Each instance is a cube of ${size} voxels along each axis around one lung nodule of a chest CT ` +
      `(channels: ${channels.join(', ')}). There are ${count} of them: ${real.length} real ones of ${patientsIn(real)} patients, and ${synthetics.length} synthetic ones.`,
    markdownTable(
      ['class', 'real', 'synthetic', 'patients'],
      [...rows, ['all', String(real.length), String(synthetics.length), String(patientsIn(real))]],
    ),
    `Diameters in mm: real ${quantiles(real.map(({ diameterMm }) => diameterMm))}; synthetic ${quantiles(synthetics.map(({ diameterMm }) => diameterMm))}.`,
    `Split: by patient, with seed ${split.seed} into ${split.folds} folds; fold 0 is the test fold. These are patients of the ${fold} fold. ` +
      `SHA-256 of the assignment of every patient of the source: \`${split.sha256}\`. Split these patches further by patient only (\`patientId\`, or \`fold\` in \`export.json\`).`,
    `Labels: ${record.cancerRule}. ${LABELS[manifest.cancerRule.rule.kind]}`,
    `Patches by fold: ${tally(real.map((patch) => `fold ${patch.fold}`))}. Ratings come from: ${tally(real.map(({ ratingSource }) => ratingSource))}. Masks: ${tally(real.map(({ maskOf }) => maskOf))}.`,
    `Known faults of the source, and nodules that a user marked (annotated), by patch: ${tally(real.flatMap(({ flags }) => flags))}.`,
    `Left out when the set was built: ${manifest.leftOut.length} nodules; parts of the source that could not be read: ${manifest.problems.length}.` +
      (record.balance === null
        ? ''
        : ` Indeterminate nodules left behind by balancing: ${record.balance.indeterminateLeftOut}.`),
    ...diameterBaseline(real),
  ];
}

/** Area under the ROC curve of the diameter alone, real nodules only. */
function diameterBaseline(real: readonly Real[]): string[] {
  const of = (nodule: string): number[] =>
    real.filter((patch) => patch.class === nodule).map(({ diameterMm }) => diameterMm);
  const auc = areaUnderRoc(of('malignant'), of('benign'));
  return auc === null
    ? []
    : [
        `The diameter alone separates real malignant from real benign nodules with an area under the ROC curve of ${auc.toFixed(3)}: report it beside any classifier.`,
      ];
}

function collection({ manifest, record }: DatasheetFacts): string[] {
  const real = realOf(record);
  if (real.length === 0) return ['No real nodule is in this export: everything in it was generated.'];
  return comesFromLidc(manifest)
    ? [
        'The real nodules are from LIDC-IDRI: clinical chest CTs of several centres, read by four radiologists each in two phases, who outlined and rated the nodules of 3 mm and more. The readers are anonymous and not the same persons in every scan.',
        LIDC_CITATION,
      ]
    : ['The manifest does not say from which collection the real nodules are. ' + NOT_STATED];
}

function preprocessing({ record }: DatasheetFacts): string[] {
  const { windowHu, form, softMargin, fieldOfView, voxels, deidentified } = record;
  const field =
    'mm' in fieldOfView
      ? `${fieldOfView.mm} mm along an edge`
      : `${fieldOfView.diameters} times the nodule's largest in-plane diameter along an edge: size cannot be read from the voxels, only from the spacing`;
  const ground =
    form === 'isolated'
      ? 'Form: isolated; the nodule under a soft mask on constant -870 HU, so vessels and chest wall around it are gone.' +
        (softMargin === null
          ? ''
          : ` The CT is whole up to ${softMargin.fullMm} mm beyond the nodule and gone at ${softMargin.rimMm} mm.`)
      : 'Form: context; the CT as it is around the nodule.';
  return [
    `Voxels: ${voxels}.`,
    `Window: HU ${windowHu.join(' to ')}; values outside were clipped, so calcification, which lies above ${windowHu[1]} HU, cannot be recognised by its density.`,
    `Field of view: ${field}. Voxels are isotropic, between ${spacings(record)} mm.`,
    ground,
    deidentified
      ? 'Identifiers: patient, series and nodule identifiers were replaced by keyed hashes (HMAC-SHA-256); the key stays with the exporter. Places in the scanner and hashes of the source were taken out. The same patient has the same pseudonym in every export with that key. This hides identifiers, not images.'
      : 'Identifiers are those of the source.',
  ];
}

function spacings({ patches }: ExportRecord): string {
  const all = patches.map(({ spacingMm }) => spacingMm);
  return `${Math.min(...all).toFixed(3)} and ${Math.max(...all).toFixed(3)}`;
}

const LOCKS = {
  'same split': 'It was trained on the training fold of this very split.',
  'same rule': 'It was trained on the training fold of a split that was drawn by the same rule.',
  unlocked:
    'Its split is unknown: the one who balanced the set vouched that it had seen no patient of the test fold.',
} as const;

function synthetic({ record, cards }: DatasheetFacts): string[] {
  const models = new Map(syntheticOf(record).map(({ model }) => [model.sha256, model.name]));
  return [
    'They are marked as synthetic in `export.json`; with model, seed and index each can be made again. Each lies on the same constant ground as the real ones, with the same margins. Their class is that of the nodules that the model was trained on, not a finding.',
    ...[...models].flatMap(([sha256, name]) => {
      const card = cards.get(sha256);
      const lock = record.balance?.model.sha256 === sha256 ? ` ${LOCKS[record.balance.lock]}` : '';
      if (card === undefined)
        return [
          `Model ${name}, SHA-256 \`${sha256}\`.${lock} Its card is not at hand: nothing more is known here.`,
        ];
      const faults = card.faults.map((fault) => `- ${fault}`).join('\n');
      return [
        `Model ${name}, SHA-256 \`${sha256}\`.${lock} Trained on: ${card.data} Licence: ${card.license}.`,
        card.faults.length === 0 ? 'Its card names no fault.' : `Known faults of the model:\n\n${faults}`,
      ];
    }),
  ];
}

function uses({ record, manifest }: DatasheetFacts): string[] {
  return [
    'Meant for training and judging methods on lung nodules in research. Not for diagnosis, and no evidence that a method works in patients.',
    ...(syntheticOf(record).length === 0
      ? []
      : ['Test on real nodules only: a method that is tested on synthetic ones is tested on its generator.']),
    ...(record.fold === 'test'
      ? ['This is the test fold: nothing may be trained or tuned on it.']
      : ['Patients of the test fold are not in it; what is trained on it may be tested there.']),
    ...(comesFromLidc(manifest)
      ? ['Attempts to identify anyone are forbidden by the terms of the source.']
      : []),
  ];
}

function distribution({ manifest, record }: DatasheetFacts): string[] {
  if (comesFromLidc(manifest)) return LIDC_TERMS;
  return realOf(record).length === 0
    ? ['The terms of the data that the model was trained on apply as its card states them.']
    : ['The terms of the source are not stated: whoever passes this on has to name them.'];
}

function maintenance({ stated, record }: DatasheetFacts): string[] {
  return [
    `Contact: ${stated.contact ?? NOT_STATED}`,
    `The export is not updated: a later one of the same set names the same patches (SHA-256 \`${record.fromSha256}\`).`,
  ];
}
