/** What a command says of the series that it wrote: one object for programs, lines for people. */
import type { AcceptResult, InsertManyResult, Preview } from '@nodulelab/contract';
import type { OfflineResult } from '../services/offline/offlineCt.ts';
import { checksTable } from './checksTable.ts';
import { table } from './output.ts';

type Report = readonly [Record<string, unknown>, string];
type Told = Pick<
  OfflineResult['edits'][number],
  'kind' | 'centre' | 'diameterMm' | 'setting' | 'measured' | 'checks'
>;

const mm = (value: number): string => value.toFixed(1);
/** Whole HU; never a zero with a sign. */
const hu = (value: number): string => String(Math.round(value) + 0);

/** A line of what was done and what it measures, and its checks. */
function editLines({ kind, centre, diameterMm, setting, measured, checks }: Told, n: number): string[] {
  const at = `at ${centre.map(mm).join(',')} LPS mm`;
  const what =
    kind === 'insert'
      ? `nodule of ${mm(diameterMm)} mm ${at}${setting === null ? '' : ` (${setting})`}; measures ${mm(measured.diameterMm)} mm, ${hu(measured.meanHu)} HU`
      : `nodule of ${mm(diameterMm)} mm removed ${at}; ${(measured.volumeMm3 / 1000).toFixed(2)} ml refilled, ${hu(measured.meanHu)} HU`;
  return [`${n + 1}. ${what}`, checksTable(checks)];
}

export function acceptedReport(result: AcceptResult, previews: readonly Preview[]): Report {
  const edits = previews.map(({ edit, centre, diameterMm, measured, checks }) => ({
    ...{ kind: edit.kind, centre, diameterMm, measured },
    setting: edit.kind === 'insert' ? edit.setting : null,
    ...(edit.kind === 'insert' ? { candidateId: edit.candidateId } : { noduleId: edit.noduleId }),
    // Pictures are for eyes: one line of JSON stays readable without them.
    checks: checks.map(({ thumbnails: _, ...check }) => check),
  }));
  return [
    { ...result, edits },
    [
      `${result.instances} slices, segmentation and report stored and verified in ${result.seconds.toFixed(1)} s`,
      `Series ${result.seriesInstanceUID}`,
      ...edits.flatMap(editLines),
    ].join('\n'),
  ];
}

export function offlineReport(result: OfflineResult): Report {
  return [
    { ...result },
    [
      `${result.slices} slices, segmentation and report in ${result.outDir}: signed, verified, and its voxels registered`,
      `Series ${result.seriesInstanceUID}`,
      ...result.edits.flatMap(editLines),
    ].join('\n'),
  ];
}

export function manyReport(result: InsertManyResult): Report {
  return [
    { ...result },
    [
      `${result.written} of ${result.series.length} series written`,
      table(
        ['host', 'nodules', 'seconds', 'new series'],
        result.series.map((one) =>
          one.written
            ? [
                ...[one.host, String(one.nodules)],
                ...[
                  one.result.seconds === 0 ? 'before' : one.result.seconds.toFixed(1),
                  one.result.seriesInstanceUID,
                ],
              ]
            : [one.host, '–', '–', 'not written'],
        ),
      ),
      ...result.series.flatMap((one) => (one.written ? [] : [`${one.host}: ${one.message}`])),
    ].join('\n'),
  ];
}
