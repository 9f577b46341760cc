/** `nodulelab places`: the best places of a CT for a nodule of a size. */
import { PlacementSetting, type Proposals } from '@nodulelab/contract';
import { Option, type Command } from 'commander';
import { withArchive } from '../archiveServices.ts';
import type { CommandContext } from '../context.ts';
import { between, integer } from '../options.ts';
import { table } from '../output.ts';

interface PlacesOptions {
  readonly diameter: number;
  readonly setting?: PlacementSetting;
  readonly count: number;
}

export function registerPlaces(program: Command, context: () => CommandContext): void {
  program
    .command('places')
    .description(
      'the best places in the lung for a nodule, ranked and well apart; nothing is drawn by chance',
    )
    .argument('<series>', 'Series Instance UID of a CT in Orthanc')
    .option('--diameter <mm>', 'of the nodule', between(3, 40), 10)
    .addOption(new Option('--setting <kind>', 'only this kind of place').choices(PlacementSetting.options))
    .option('--count <n>', 'how many at most', integer(1, 12), 6)
    .action(async (series: string, { diameter, setting, count }: PlacesOptions) => {
      const cli = context();
      const found = await withArchive(cli, { researchArchive: false }, (services) =>
        services.proposals({
          ...{ seriesInstanceUID: series, diameterMm: diameter, count },
          ...(setting === undefined ? {} : { setting }),
        }),
      );
      cli.output.result({ ...found }, inWords(found));
    });
}

function inWords({ diameterMm, places }: Proposals): string {
  const mm = (value: number | null): string => (value === null ? '–' : value.toFixed(1));
  return [
    `For a nodule of ${diameterMm} mm, best first (--at of nodulelab insert takes the place):`,
    table(
      ['place, mm LPS', 'kind', 'score', 'to pleura, mm', 'to vessel, mm', 'in the lung'],
      places.map(({ centre, setting, score, clearanceMm: { pleura, vessel }, lungShare }) => [
        ...[centre.map((value) => value.toFixed(1)).join(','), setting, score.toFixed(2)],
        ...[mm(pleura), mm(vessel), `${Math.round(100 * lungShare)} %`],
      ]),
    ),
  ].join('\n');
}
