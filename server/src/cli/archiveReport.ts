/** The counts of a folder of LIDC XML for people: ours beside the published ones, then what was left out. */
import type { ArchiveSummary } from '../lidc/archive.ts';
import { PUBLISHED } from '../lidc/published.ts';
import { table } from './output.ts';

const KINDS_SHOWN = 20;

export function archiveReport(summary: ArchiveSummary): string {
  const published = (count: string): readonly [string, string] => {
    const found = PUBLISHED.find((one) => one.count === count);
    return [found ? String(found.value) : '', found?.source ?? ''];
  };
  const row = (label: string, value: number | null, count = ''): string[] => [
    label,
    value === null ? 'unknown' : String(value),
    ...published(count),
  ];
  const { nodulesByReaders: by, surrogates, diametersMm, leftOut } = summary;
  const counts = table(
    ['', 'here', 'all of LIDC-IDRI', 'as counted by'],
    [
      row('annotation files', summary.files),
      row('  of chest X-rays', summary.chestXrays),
      row('  of a series that another file has', summary.duplicates),
      row('  that cannot be read', summary.unreadable),
      row('CT series', summary.ctSeries, 'ctSeries'),
      row('patients', summary.patients, 'patients'),
      row('annotations (readers’ marks of 3 mm or more)', summary.annotations, 'annotations'),
      row('  such marks without ratings', summary.unratedMarks),
      row('nodules (annotations, grouped)', summary.nodules, 'nodules'),
      row('  by at least one reader', summary.nodulesByAtLeastOne, 'nodulesByAtLeastOne'),
      row('  by exactly one, two, three', null).with(1, `${by[1]}, ${by[2]}, ${by[3]}`),
      row('  by all four', summary.nodulesByAllFour, 'nodulesByAllFour'),
      row('small nodules (marks under 3 mm)', summary.smallNodules),
      row('non-nodules (marks)', summary.nonNodules),
      row('lesions of any size, grouped', summary.lesions, 'lesions'),
    ],
  );
  const lengths = [
    diametersMm === null
      ? 'Diameters: unknown without the CT.'
      : `Diameters of ${diametersMm.nodules} nodules: ${diametersMm.least.toFixed(1)} to ${diametersMm.most.toFixed(1)} mm, median ${diametersMm.median.toFixed(1)} mm.`,
    surrogates.pixelSpacing.series === 0
      ? 'Every series has its CT beside its file.'
      : `Without a CT: ${surrogates.pixelSpacing.series} series. Grouped with ${surrogates.pixelSpacing.mm} mm between pixels (${surrogates.pixelSpacing.rule}) and the ${surrogates.sliceThickness.rule} as slice thickness.`,
  ];
  const left = Object.entries(leftOut).flatMap(([what, number]) => (number > 0 ? `${number} ${what}` : []));
  const kinds = [...Map.groupBy(summary.problems, ({ message }) => message.replace(/-?\d+(\.\d+)?/g, 'N'))]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([, ofKind]) => ofKind);
  const shown = kinds.slice(0, KINDS_SHOWN).flatMap((ofKind) => {
    const [first] = ofKind;
    if (!first) return [];
    const { file, where, message } = first;
    const place = where === 'whole file' ? file : `${file}, ${where}`;
    return `  ${ofKind.length} × ${message}${ofKind.length > 1 ? '; the first' : ''}: ${place}`;
  });
  return [
    counts,
    '',
    ...lengths,
    `Left out: ${left.length > 0 ? left.join(', ') : 'nothing'}.`,
    ...(shown.length > 0 ? [`Problems (--json has all ${summary.problems.length}):`, ...shown] : []),
    ...(kinds.length > shown.length ? [`  and ${kinds.length - shown.length} kinds more`] : []),
  ].join('\n');
}
