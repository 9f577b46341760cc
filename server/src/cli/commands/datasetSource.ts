/** Where `nodulelab dataset build` takes its nodules from: one of four sources, named by its options. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { lunaNodules } from '../../dataset/luna.ts';
import type { SourceOptions } from '../../dataset/openSource.ts';
import type { NoduleSource } from '../../dataset/source.ts';
import { archiveNodules } from '../../services/archiveNodules.ts';
import { lidcFolderNodules } from '../../services/importing/noduleSource.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import type { CommandContext } from '../context.ts';
import { UsageError } from '../options.ts';
import { findRunningServer } from '../runningServer.ts';
import { openRuntime } from '../runtime.ts';

export interface SourceFlags {
  readonly vois?: string;
  readonly lidc?: string[];
  readonly archive?: true;
  readonly series?: string[];
  readonly volumes?: string[];
  readonly annotations?: string;
  readonly xml?: string;
}

export const withSourceOptions = (command: Command): Command =>
  command
    .option('--vois <dir>', 'nodule cut-outs: a folder with image/, mask/ and nodules.csv')
    .option('--lidc <path...>', 'LIDC folders: whole CTs with their XML')
    .option('--archive', 'the CTs in Orthanc whose nodules were imported')
    .option('--series <uid...>', 'with --archive: these CT series only')
    .option('--volumes <dir...>', 'whole CTs as NIfTI, MetaImage, NRRD or DICOM, with --annotations')
    .option(
      '--annotations <file>',
      'with --volumes: CSV of seriesuid, coordX, coordY, coordZ, diameter_mm (LUNA16)',
    )
    .option('--xml <dir>', 'with --vois or --volumes: LIDC XML, for the readers’ own outlines and ratings');

type Work<T> = (source: SourceOptions) => Promise<T>;

/** Opens the source that the options name, hands it to `work`, and closes what it had to open for it. */
export async function withSource<T>(flags: SourceFlags, context: CommandContext, work: Work<T>): Promise<T> {
  const named = (['vois', 'lidc', 'archive', 'volumes'] as const).filter((name) => flags[name] !== undefined);
  const [only] = named;
  if (only === undefined || named.length > 1)
    throw new UsageError(
      'give one source: --vois DIR, --lidc PATH, --archive, or --volumes DIR with --annotations FILE ' +
        '(see dataset build --help)',
    );
  for (const [option, sources] of [
    ['series', ['archive']],
    ['annotations', ['volumes']],
    ['xml', ['vois', 'volumes']],
  ] as const)
    if (flags[option] !== undefined && !(sources as readonly string[]).includes(only))
      throw new UsageError(`--${option} goes with ${sources.map((name) => `--${name}`).join(' or ')} only`);
  const { signal } = context;
  const known = (source: NoduleSource): SourceOptions => ({ kind: 'nodules', source });
  switch (only) {
    case 'vois':
      return work({
        kind: 'vois',
        dir: resolve(flags.vois!),
        ...(flags.xml === undefined ? {} : { xmlDir: resolve(flags.xml) }),
      });
    case 'lidc': {
      const paths = flags.lidc!.map((path) => resolve(path));
      const source = await lidcFolderNodules(paths, signal, (message) => context.output.progress(0, message));
      return work(known(source));
    }
    case 'volumes': {
      if (flags.annotations === undefined)
        throw new UsageError('--volumes needs --annotations FILE: the places and diameters of the nodules');
      const source = await lunaNodules(
        {
          annotations: resolve(flags.annotations),
          volumeDirs: flags.volumes!.map((path) => resolve(path)),
          ...(flags.xml === undefined ? {} : { xmlDir: resolve(flags.xml) }),
        },
        signal,
      );
      return work(known(source));
    }
    case 'archive':
      return fromArchive(flags, context, (source) => work(known(source)));
  }
}

async function fromArchive<T>(
  { series }: SourceFlags,
  { dataDir, orthancUrl, output, signal }: CommandContext,
  work: (source: NoduleSource) => Promise<T>,
): Promise<T> {
  const server = await findRunningServer(dataDir);
  if (server)
    throw new NoduleLabError(
      'conflict',
      `The server at ${server.url} holds the database of ${dataDir}: stop it, build the set, and start it again.`,
      { dataDir },
    );
  const runtime = await openRuntime({ dataDir, orthancUrl, log: (line) => output.note(line), signal });
  try {
    const options = series === undefined ? {} : { seriesInstanceUIDs: series };
    return await work(
      await archiveNodules(runtime.context, options, signal, (message) => output.progress(0, message)),
    );
  } finally {
    await runtime.close();
  }
}
