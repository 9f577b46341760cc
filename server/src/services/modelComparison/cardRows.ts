/** What the cards say: what it is, what it learned from, how fast it is here, its terms and faults. */
import type { Condition } from '@nodulelab/contract';
import { CONDITION_NAMES } from '../../gan/conditions.ts';
import { makesAlpha, type ModelCard } from '../../gan/modelCard.ts';
import type { Compared, GroupOf, RowOf } from './rows.ts';

/** @param current name of the preferred model */
export const networkGroups = (current: string | null): GroupOf[] => [
  {
    title: 'What it is',
    rows: [
      {
        title: 'Preferred',
        hint: 'Used where no model is named, by everybody on this server',
        of: ({ model }) => (model.name === current ? 'current model' : 'no'),
      },
      { title: 'Networks', of: ({ model }) => model.preset ?? 'from elsewhere, run as they are' },
      { title: 'Voxels', hint: 'Edge of what it makes', of: ({ model }) => `${model.resolution}\u00b3` },
      {
        title: 'Makes its own mask',
        hint: 'It says itself how far each voxel belongs to the nodule',
        of: ({ card }) => (makesAlpha(card) ? 'yes' : 'no'),
      },
      {
        title: 'Weights',
        of: ({ model, weightsBytes }) =>
          `${weightsBytes === null ? '' : `${(weightsBytes / 2 ** 20).toFixed(1)} MB, `}SHA-256 ${model.sha256.slice(0, 12)}`,
      },
    ],
  },
  {
    title: 'What it can be asked for',
    rows: [
      {
        title: 'Conditions',
        of: ({ model }) => (model.conditions.length === 0 ? 'none' : String(model.conditions.length)),
      },
      ...CONDITION_NAMES.map((name): RowOf => ({
        title: capital(name),
        hint: 'What can be asked for, and where most of its training nodules are',
        of: ({ model }) => {
          const condition = model.conditions.find((one) => one.name === name);
          return condition === undefined ? null : conditionText(condition);
        },
      })),
    ],
  },
  {
    title: 'What it learned from',
    rows: [
      { title: 'Lesions', of: lesions },
      { title: 'Set', of: ({ card }) => card.data },
      {
        title: 'Split',
        hint: 'Patients of the other fold were never seen',
        of: ({ card: { split } }) =>
          split === undefined ? null : `${split.fold} fold of ${split.folds}, seed ${split.seed}`,
      },
      {
        title: 'Began with',
        hint: 'Networks of an earlier training',
        of: ({ card }) => (trainingOf(card)?.ancestors ?? []).map(({ source }) => source).join(', ') || null,
      },
      {
        title: 'Updates',
        hint: 'Steps of the generator',
        of: ({ model }) => (model.updates === null ? 'not known' : String(model.updates)),
      },
      {
        title: 'Time',
        of: ({ card }) => {
          const training = trainingOf(card);
          return training === null ? null : `${(training.seconds / 60).toFixed(0)} min`;
        },
      },
    ],
  },
];

/** @param engine what samples here */
export const useGroups = (engine: string): GroupOf[] => [
  {
    title: 'Speed on this machine',
    rows: [
      {
        title: 'One sample',
        hint: `Median of three, timed here with ${engine}; other work on the machine slows it`,
        of: ({ speed }) => ('problem' in speed ? speed.problem : timeText(speed.milliseconds)),
      },
    ],
  },
  {
    title: 'Terms and notes',
    rows: [
      { title: 'Licence', of: ({ card }) => card.license },
      { title: 'Known faults', of: ({ card }) => card.faults.join(' ') || 'none is named' },
      { title: 'Made with', of: ({ card }) => `NoduleLab ${card.codeVersion}` },
    ],
  },
];

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const trainingOf = (card: ModelCard) => ('graph' in card ? null : card.training);

/** How many, and how many of them each way where the card knows their ratings. */
function lesions({ card }: Compared): string {
  const training = trainingOf(card);
  const rows = ('graph' in card ? undefined : card.trainingConditions) ?? [];
  const count = training === null ? 'not known' : `${training.patches} nodules`;
  if (rows.length === 0) return count;
  const malignant = rows.filter(({ malignancy }) => malignancy > 3).length;
  const benign = rows.filter(({ malignancy }) => malignancy < 3).length;
  return `${count}: ${malignant} rated malignant, ${benign} benign, ${rows.length - malignant - benign} undecided`;
}

/** `3 to 40 mm; most 6 to 20` */
function conditionText({ unit, low, high, trained }: Condition): string {
  const all = trained.reduce((sum, { nodules }) => sum + nodules, 0);
  const range = `${low} to ${high}${unit === 'mm' ? ' mm' : ''}`;
  if (all === 0) return range;
  // Bins with less than a twentieth of the nodules at either end are the exception.
  const usual = trained.filter(({ nodules }) => nodules >= all / 20);
  return `${range}; most ${usual[0]?.from ?? low} to ${usual.at(-1)?.to ?? high}`;
}

const timeText = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
