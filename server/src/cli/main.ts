/**
 * The command line. Exit status: 0 success, 2 wrong usage, 1 failure with one clear line on stderr. From 3 on a command
 * tells what it found out (see the help of replay, verify and evaluate).
 */
import { Command, CommanderError } from 'commander';
import { NoduleLabError } from '../volume/errors.ts';
import type { CommandContext } from './context.ts';
import { createContext } from './context.ts';
import { UsageError } from './options.ts';
import type { Streams } from './output.ts';
import { systemErrorText } from './systemError.ts';

const USAGE = 2;
const FAILURE = 1;

type Register = (program: Command, context: () => CommandContext) => void;

const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  serve: async () => (await import('./commands/serve.ts')).registerServe,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
  phantom: async () => (await import('./commands/phantom.ts')).registerPhantom,
  import: async () => (await import('./commands/import.ts')).registerImport,
  nodules: async () => (await import('./commands/nodules.ts')).registerNodules,
  dataset: async () => (await import('./commands/dataset.ts')).registerDataset,
  train: async () => (await import('./commands/train.ts')).registerTrain,
  model: async () => (await import('./commands/model.ts')).registerModel,
  networks: async () => (await import('./commands/networks.ts')).registerNetworks,
  export: async () => (await import('./commands/export.ts')).registerExport,
  sample: async () => (await import('./commands/sample.ts')).registerSample,
  places: async () => (await import('./commands/places.ts')).registerPlaces,
  insert: async () => (await import('./commands/insert.ts')).registerInsert,
  remove: async () => (await import('./commands/remove.ts')).registerRemove,
  replay: async () => (await import('./commands/replay.ts')).registerReplay,
  provenance: async () => (await import('./commands/provenance.ts')).registerProvenance,
  verify: async () => (await import('./commands/verify.ts')).registerVerify,
  augment: async () => (await import('./commands/augment.ts')).registerAugment,
  balance: async () => (await import('./commands/balance.ts')).registerBalance,
  evaluate: async () => (await import('./commands/evaluate.ts')).registerEvaluate,
  curve: async () => (await import('./commands/curve.ts')).registerCurve,
  classify: async () => (await import('./commands/classify.ts')).registerClassify,
  accounts: async () => (await import('./commands/accounts.ts')).registerAccounts,
  reading: async () => (await import('./commands/reading.ts')).registerReading,
  quiz: async () => (await import('./commands/quiz.ts')).registerQuiz,
  compare: async () => (await import('./commands/compare.ts')).registerCompare,
  'insert-set': async () => (await import('./commands/insertSet.ts')).registerInsertSet,
};

/** Only what the arguments name is loaded, for a quick start; all of it for help and for what no command is named. */
function wanted(args: readonly string[]): (() => Promise<Register>)[] {
  const named = Object.entries(COMMANDS).filter(([name]) => args.includes(name));
  return (named.length > 0 && !args.includes('help') ? named : Object.entries(COMMANDS)).map(
    ([, load]) => load,
  );
}

/** Runs one command; answers its exit status and never throws. */
export async function main(args: readonly string[], streams: Streams): Promise<number> {
  const program = new Command('nodulelab')
    .description('Synthetic lung nodules: import, train, sample, insert and serve the viewer')
    .option('--json', 'print one JSON object on stdout instead of text', false)
    .option('--data <dir>', 'where NoduleLab keeps its data', process.env['NODULELAB_DATA'] ?? '.nodulelab')
    .option('--orthanc <url>', 'use this Orthanc instead of starting one', process.env['NODULELAB_ORTHANC'])
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
    })
    .showHelpAfterError('(see --help)');

  let status = 0;
  const context = (): CommandContext =>
    createContext(program.opts(), streams, (found) => {
      status = found;
    });
  for (const load of wanted(args)) (await load())(program, context);
  // Options of the whole program may also stand after the command's name.
  for (const command of [program, ...program.commands, ...program.commands.flatMap((c) => c.commands)])
    command.exitOverride().configureOutput(program.configureOutput()).showHelpAfterError('(see --help)');

  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    // Commander has printed its own message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    streams.stderr.write(`nodulelab: ${lineOf(error)}\n`);
    return error instanceof UsageError || asksTooMuch(error) ? USAGE : FAILURE;
  }
}

/** A condition that only the model can refuse is wrong usage as much as one that the parser refuses. */
const asksTooMuch = (error: unknown): boolean =>
  error instanceof NoduleLabError && error.kind === 'invalid-input' && 'condition' in error.details;

function lineOf(error: unknown): string {
  if (error instanceof NoduleLabError) return error.message;
  if (error instanceof DOMException && error.name === 'AbortError') return 'ended as asked';
  if (error instanceof Error)
    return process.env['NODULELAB_TRACE']
      ? (error.stack ?? error.message)
      : (systemErrorText(error) ?? error.message);
  return String(error);
}
