import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Model } from '@nodulelab/contract';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CONDITION_RANGES } from '../../gan/conditions.ts';
import { importModel } from '../../gan/importModel.ts';
import { loadGenerator } from '../../gan/model.ts';
import { conditionsOfCard, type ModelCard, resolutionOfCard } from '../../gan/modelCard.ts';
import { encodeOnnxModel, encodeSafetensorsModel } from '../../gan/modelFile.ts';
import { PRESETS, presetNamed } from '../../gan/presets.ts';
import { writeAtomically } from '../../nn/artefactFile.ts';
import { readModelClassification } from '../../services/modelClassification.ts';
import { readModelEvaluation } from '../../services/modelEvaluation.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CommandContext } from '../context.ts';
import { integer } from '../options.ts';
import { table } from '../output.ts';
import { openModels, VERSION } from '../runtime.ts';
import { classifierRows, classifiersText, registerAttachClassification } from './attachClassification.ts';
import { gatesText, registerAttachEvaluation } from './attachEvaluation.ts';
import { registerAttachPicture } from './attachPicture.ts';
import { registerModelChoice } from './modelChoice.ts';
import { registerModelCompare } from './modelCompare.ts';

/** One folder below models/, on every file system. */
const FOLDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function registerModel(program: Command, context: () => CommandContext): void {
  const model = program
    .command('model')
    .description(
      'generators: list, show, take from a file, give to other programs, keep what was found of them',
    );
  model
    .command('list')
    .description('the generators that are here; the first is used where none is named')
    .action(() => list(context()));
  model
    .command('show <name>')
    .description("a generator's card")
    .action((name: string) => show(context(), name));
  model
    .command('export <name>')
    .description(
      'one file for other programs: ONNX (latent [1, L] to image [1, 1, s, s, s] in [0, 1]; of a conditional model also ' +
        'conditions and noise, to image and alpha) or safetensors',
    )
    .requiredOption('--out <file>', 'NAME.onnx or NAME.safetensors')
    .option('--force', 'replace the file', false)
    .action((name: string, options: ExportOptions) => exportFile(context(), name, options));
  model
    .command('import <file>')
    .description('ONNX or safetensors; what was exported here brings its card, anything else needs a name')
    .option('--name <name>', 'of the model; that of its card by default', modelName)
    .addOption(
      new Option('--preset <name>', 'safetensors without a card: for these networks').choices(
        Object.keys(PRESETS),
      ),
    )
    .option('--width-divisor <number>', "divides the preset's channel counts", integer(1, 64), 1)
    .option(
      '--resolution <edge>',
      'safetensors without a card: stage that the weights are for',
      integer(4, 256),
    )
    .option(
      '--range <low,high>',
      'values of the image of a network from elsewhere; told from its last operator by default',
      range,
    )
    .option('--foreign', 'run an ONNX file as it is, even if it carries a card', false)
    .option('--description <text>', 'what is known of it', 'nothing is known of its training')
    .option('--license <text>', 'its terms', 'not stated')
    .option('--force', 'replace the model of that name', false)
    .action((file: string, options: ImportFileOptions) => importFile(context(), file, options));
  registerModelChoice(model, context);
  registerModelCompare(model, context);
  registerAttachEvaluation(model, context);
  registerAttachClassification(model, context);
  registerAttachPicture(model, context);
}

async function list({ dataDir, output }: CommandContext): Promise<void> {
  const models = await openModels(dataDir).list();
  output.result(
    { models },
    models.length === 0
      ? 'There is no model: train one with nodulelab train, or take one with nodulelab model import.'
      : table(
          ['name', 'networks', 'voxels', 'updates', 'conditions', 'evaluation', 'classifiers', 'weights'],
          models.map(
            ({ name, preset, resolution, updates, conditions, sha256, evaluation, classification }) => [
              name,
              preset ?? 'from elsewhere',
              `${resolution}³`,
              updates === null ? 'unknown' : String(updates),
              conditions.length === 0 ? 'none' : conditions.map((condition) => condition.name).join(', '),
              gatesText(evaluation),
              classifiersText(classification),
              sha256.slice(0, 12),
            ],
          ),
        ),
  );
}

async function show({ dataDir, output }: CommandContext, name: string): Promise<void> {
  const folder = await openModels(dataDir).folderOf(name);
  const { card } = await loadGenerator(folder);
  const { sha256 } = card.weights;
  const evaluation = await readModelEvaluation({ folder, sha256 });
  const classification = await readModelClassification({ folder, sha256 });
  output.result(
    { folder, card, evaluation, classification },
    describe(card, folder, { evaluation, classification }),
  );
}

interface ExportOptions {
  readonly out: string;
  readonly force: boolean;
}

async function exportFile(
  { dataDir, output }: CommandContext,
  name: string,
  { out, force }: ExportOptions,
): Promise<void> {
  const path = resolve(out);
  const onnx = path.endsWith('.onnx');
  if (!onnx && !path.endsWith('.safetensors'))
    throw new NoduleLabError(
      'invalid-input',
      `${out}: the name must end in .onnx or .safetensors, which chooses the format.`,
    );
  if (existsSync(path) && !force)
    throw new NoduleLabError(
      'conflict',
      `${path} is there already: choose another name, or replace it with --force.`,
    );
  const model = await loadGenerator(await openModels(dataDir).folderOf(name));
  await mkdir(dirname(path), { recursive: true });
  const written = await writeAtomically(
    path,
    onnx ? [encodeOnnxModel(model)] : encodeSafetensorsModel(model),
  );
  output.result(
    { file: path, format: onnx ? 'onnx' : 'safetensors', ...written },
    `${name} in ${path} (${(written.bytes / 2 ** 20).toFixed(1)} MB, SHA-256 ${written.sha256.slice(0, 12)})`,
  );
}

interface ImportFileOptions {
  readonly name?: string;
  readonly preset?: string;
  readonly widthDivisor: number;
  readonly resolution?: number;
  readonly range?: readonly [number, number];
  readonly foreign: boolean;
  readonly description: string;
  readonly license: string;
  readonly force: boolean;
}

async function importFile(
  { dataDir, output }: CommandContext,
  file: string,
  options: ImportFileOptions,
): Promise<void> {
  const path = resolve(file);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new NoduleLabError('not-found', `${path} cannot be read.`, { path }, error);
  });
  const known = (await openModels(dataDir).list()).map((model) => model.name);
  let folder = '';
  const card = await importModel(bytes, {
    origin: basename(path),
    name: options.name,
    preset: options.preset === undefined ? undefined : presetNamed(options.preset, options.widthDivisor),
    resolution: options.resolution,
    range: options.range,
    asForeign: options.foreign,
    folder(name) {
      // A card from elsewhere may name itself anything.
      if (!FOLDER_NAME.test(name))
        throw new NoduleLabError(
          'invalid-input',
          `The model cannot be kept under the name "${name}": give it another with --name.`,
        );
      folder = join(dataDir, 'models', name);
      // A shipped model cannot be replaced: it would go on hiding the one that is imported.
      if (existsSync(folder) ? !options.force : known.includes(name))
        throw new NoduleLabError(
          'conflict',
          `There is a model named ${name} already: choose another name with --name${existsSync(folder) ? ', or replace it with --force' : ''}.`,
        );
      return folder;
    },
    describe: (name) => ({
      name,
      data: options.description,
      datasetSha256: null,
      splitSha256: null,
      codeVersion: VERSION,
      license: options.license,
      faults: [],
    }),
  });
  output.result({ folder, card }, describe(card, folder));
}

/** What was attached to a model. */
type Found = Pick<Model, 'evaluation' | 'classification'>;

function describe(
  card: ModelCard,
  folder: string,
  { evaluation, classification }: Found = { evaluation: null, classification: null },
): string {
  const { name, weights, training, data, license, faults } = card;
  const conditions = conditionsOfCard(card);
  return table(
    ['', name],
    [
      [
        'networks',
        'graph' in card
          ? `from elsewhere, run as they are; image ${card.graph.size}³ in ${card.graph.range.join(' to ')}`
          : `${card.preset.name}, ${resolutionOfCard(card)}³`,
      ],
      [
        'training',
        training === null
          ? 'elsewhere: not known'
          : `${training.updates} generator updates on ${training.patches} patches, ${(training.seconds / 60).toFixed(0)} min`,
      ],
      ['data', data],
      ...(conditions.length > 0 ? [['can be asked for', conditionsTrained(card)]] : []),
      ['license', license],
      ['evaluation', gatesText(evaluation)],
      ['classifiers', classifiersText(classification)],
      ...(classification === null ? [] : classifierRows(classification)),
      ...faults.map((fault) => ['fault', fault]),
      ['weights', weights.sha256],
      ['folder', folder],
    ],
  );
}

/** `diameter 3 to 40 mm (in training 3.4 to 32.1)`, one for each condition. */
function conditionsTrained(card: ModelCard): string {
  const rows = ('graph' in card ? undefined : card.trainingConditions) ?? [];
  return conditionsOfCard(card)
    .map((name) => {
      const values = rows.map((row) => row[name]);
      const [low, high] = CONDITION_RANGES[name];
      const trained = [Math.min(...values), Math.max(...values)].map((value) => Number(value.toFixed(1)));
      const unit = name === 'diameter' ? ' mm' : '';
      return `${name} ${low} to ${high}${unit}${rows.length > 0 ? ` (in training ${trained.join(' to ')})` : ''}`;
    })
    .join(', ');
}

function modelName(text: string): string {
  if (!FOLDER_NAME.test(text))
    throw new InvalidArgumentError(
      '1 to 64 letters, digits, dots, dashes or underscores, the first a letter or digit',
    );
  return text;
}

function range(text: string): readonly [number, number] {
  const [low, high, ...rest] = text.split(',').map(Number);
  if (low === undefined || high === undefined || rest.length > 0 || !(low < high))
    throw new InvalidArgumentError('two numbers low,high, such as -1,1 or 0,1');
  return [low, high];
}
