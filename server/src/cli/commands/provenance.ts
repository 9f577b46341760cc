/** `nodulelab provenance`: where a CT series comes from, and what was made of it. */
import type { SeriesLink, SeriesProvenance } from '@nodulelab/contract';
import type { Command } from 'commander';
import { editText } from '../../dicom/provenance.ts';
import { withArchive } from '../archiveServices.ts';
import type { CommandContext } from '../context.ts';

export function registerProvenance(program: Command, context: () => CommandContext): void {
  program
    .command('provenance')
    .description('where a CT series comes from, what was done to it, and what was made of it')
    .argument('<series>', 'Series Instance UID of a CT in Orthanc')
    .action(async (series: string) => {
      const cli = context();
      const found = await withArchive(cli, { researchArchive: false }, (services) =>
        services.provenance(series),
      );
      cli.output.result({ ...found }, inWords(found));
    });
}

function inWords(found: SeriesProvenance): string {
  const series = line('Series', found.seriesInstanceUID);
  if (found.kind === 'original')
    return [
      `An original: NoduleLab did nothing to it${found.markedSynthetic ? ', but it is marked as synthetic (a phantom, or made by another program)' : ''}`,
      series,
      ...listed('Made of it', found.madeOfIt),
    ].join('\n');
  const { source, goesOnFrom, edits, earlier, codeVersion, writtenAt, verification } = found;
  return [
    `Synthetic: ${found.summary}`,
    series,
    ...(source === null
      ? []
      : [line('Original', `${source.seriesInstanceUID}${source.inArchive ? '' : ' (not in the archive)'}`)]),
    writtenAt === null
      ? 'Not written from this data folder: what is told is what its slices say'
      : line('Written', `${writtenAt} by NoduleLab ${codeVersion ?? 'of an unknown version'}`),
    ...(edits ?? []).map((edit, n) => line(`Edit ${n + 1}`, editText(edit))),
    ...(earlier === null
      ? []
      : [
          line(
            'Nodule',
            `${earlier.candidateId}, ${earlier.diameterMm} mm at (${earlier.centre.join(', ')}) mm LPS`,
          ),
        ]),
    ...checkedLines(verification),
    ...listed('Goes on from', goesOnFrom === null ? [] : [goesOnFrom]),
    ...listed('Made of it', found.madeOfIt),
  ].join('\n');
}

function checkedLines(
  verification: Extract<SeriesProvenance, { kind: 'synthetic' }>['verification'],
): string[] {
  if (verification === null) return ['The archive does not have the series any more'];
  const { evidence, slicesLookedAt, slices } = verification;
  return [
    ...evidence.map(({ by, explanation }) => line(by === 'mark' ? 'Mark' : 'Signature', explanation)),
    line('', `${slicesLookedAt} of ${slices} slices were looked at; nodulelab verify looks at all`),
  ];
}

const line = (label: string, text: string): string => `${label.padEnd(12)} ${text}`;

const listed = (label: string, links: readonly SeriesLink[]): string[] =>
  links.map(({ seriesInstanceUID, summary }) => line(label, `${seriesInstanceUID} (${summary})`));
