/** `nodulelab replay`: proves that a synthetic series is what its record says. */
import type { ReplayedEdit, ReplayReport } from '@nodulelab/contract';
import type { Command } from 'commander';
import { withArchive } from '../archiveServices.ts';
import type { CommandContext } from '../context.ts';
import { table } from '../output.ts';

/** Exit status where the series is not what its record gives. */
const DIFFERS = 3;

export function registerReplay(program: Command, context: () => CommandContext): void {
  program
    .command('replay')
    .description(
      'make a synthetic series again from its provenance, its original and the stored nodules, and compare every voxel; nothing is written',
    )
    .argument('<series>', 'Series Instance UID of a synthetic CT in Orthanc')
    .addHelpText(
      'after',
      `\nExit status: 0 every voxel is the same, ${DIFFERS} the series differs, or a nodule that is sampled anew leaves the tolerance; 1 it could not be made again, 2 wrong usage.`,
    )
    .action(async (series: string) => run(context(), series));
}

async function run(context: CommandContext, series: string): Promise<void> {
  const report = await withArchive(context, { researchArchive: false }, (services) => {
    context.output.note('Making the series again');
    return services.replay(series);
  });
  context.output.result({ ...report }, inWords(report));
  const within = report.edits.every(({ resampled }) => !resampled.possible || resampled.within);
  if (!report.identical || !within) context.setStatus(DIFFERS);
}

function inWords({
  seriesInstanceUID,
  sourceSeriesInstanceUID,
  identical,
  voxels,
  differingVoxels,
  codeVersion,
  edits,
}: ReplayReport): string {
  const count = (value: number): string => value.toLocaleString('en');
  return [
    identical
      ? `Identical: all ${count(voxels)} voxels of the series are those that its record gives`
      : `Different: ${count(differingVoxels)} of ${count(voxels)} voxels are not those that its record gives`,
    `Series   ${seriesInstanceUID}`,
    `Original ${sourceSeriesInstanceUID}`,
    codeVersion.written === codeVersion.now
      ? `NoduleLab ${codeVersion.now} wrote it and made it again`
      : `NoduleLab ${codeVersion.written} wrote it, ${codeVersion.now} made it again: another version of the code, compared all the same`,
    table(
      ['edit', 'what', 'differing voxels', 'greatest HU', 'model', 'sampled anew'],
      edits.map(({ kind, differingVoxels: differing, maxAbsHu, model, resampled }, n) => [
        ...[String(n + 1), kind, String(differing), String(maxAbsHu)],
        model === null ? '–' : `${model.name} ${model.sha256?.slice(0, 12) ?? ''}`.trim(),
        anew(resampled),
      ]),
    ),
    ...edits.flatMap(({ resampled }, n) =>
      resampled.possible || resampled.reason === 'removal' ? [] : [`Edit ${n + 1}: ${resampled.message}`],
    ),
  ].join('\n');
}

function anew(resampled: ReplayedEdit['resampled']): string {
  if (!resampled.possible) return resampled.reason;
  const { maxAbsHu, toleranceHu, within } = resampled;
  return `${maxAbsHu} HU at most, ${within ? 'within' : 'beyond'} ${toleranceHu} HU`;
}
