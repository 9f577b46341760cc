/** Writes the phantom's readings in the form of the LIDC-IDRI annotation files. */
import { CHARACTERISTICS } from '../lidc/xml.ts';
import { indexToWorld } from '../volume/ctVolume.ts';
import type { Phantom, PhantomPoint } from './phantom.ts';
import type { ReaderMark } from './readers.ts';
import { READERS } from './readers.ts';

export interface PhantomUids {
  readonly study: string;
  readonly series: string;
  /** SOP Instance UID of slice k. */
  sopOf(k: number): string;
}

/** LIDC XML of the four readers: nodules with outlines and ratings, nodules below 3 mm as one point, non-nodules. */
export function phantomLidcXml(phantom: Phantom, uids: PhantomUids): string {
  const lines: string[] = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<LidcReadMessage uid="0" xmlns="http://www.nih.gov" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
    '<ResponseHeader>',
    '  <Version>1.8.1</Version>',
    '  <TaskDescription>Second unblinded read</TaskDescription>',
    `  <SeriesInstanceUid>${uids.series}</SeriesInstanceUid>`,
    '  <ResponseDescription>1 - Reading complete</ResponseDescription>',
    `  <StudyInstanceUID>${uids.study}</StudyInstanceUID>`,
    '</ResponseHeader>',
  ];
  for (let reader = 0; reader < READERS; reader++) {
    lines.push(
      '<readingSession>',
      '  <annotationVersion>3.12</annotationVersion>',
      `  <servicingRadiologistID>simulated-${reader + 1}</servicingRadiologistID>`,
    );
    phantom.nodules.forEach(({ marks }, nodule) => {
      const mark = marks.find((candidate) => candidate.reader === reader);
      if (mark) lines.push(...noduleLines(phantom, uids, mark, `R${reader + 1} nodule ${nodule + 1}`));
    });
    phantom.points.forEach((point, n) => {
      if (point.readers.includes(reader))
        lines.push(...pointLines(phantom, uids, point, `R${reader + 1} point ${n + 1}`));
    });
    lines.push('</readingSession>');
  }
  lines.push('</LidcReadMessage>');
  return `${lines.join('\n')}\n`;
}

function noduleLines(phantom: Phantom, uids: PhantomUids, mark: ReaderMark, id: string): string[] {
  const lines = ['  <unblindedReadNodule>', `    <noduleID>${id}</noduleID>`, '    <characteristics>'];
  for (const name of CHARACTERISTICS) lines.push(`      <${name}>${mark.characteristics[name]}</${name}>`);
  lines.push('    </characteristics>');
  for (const { k, points } of mark.outlines) lines.push(...roiLines(phantom, uids, k, points));
  lines.push('  </unblindedReadNodule>');
  return lines;
}

function roiLines(
  phantom: Phantom,
  uids: PhantomUids,
  k: number,
  points: readonly (readonly [number, number])[],
): string[] {
  return [
    '    <roi>',
    `      <imageZposition>${zOf(phantom, k)}</imageZposition>`,
    `      <imageSOP_UID>${uids.sopOf(k)}</imageSOP_UID>`,
    '      <inclusion>TRUE</inclusion>',
    ...points.map(([x, y]) => `      <edgeMap><xCoord>${x}</xCoord><yCoord>${y}</yCoord></edgeMap>`),
    '    </roi>',
  ];
}

function pointLines(phantom: Phantom, uids: PhantomUids, point: PhantomPoint, id: string): string[] {
  const [i, j, k] = point.voxel;
  if (point.kind === 'small-nodule')
    return [
      '  <unblindedReadNodule>',
      `    <noduleID>${id}</noduleID>`,
      ...roiLines(phantom, uids, k, [[i, j]]),
      '  </unblindedReadNodule>',
    ];
  return [
    '  <nonNodule>',
    `    <nonNoduleID>${id}</nonNoduleID>`,
    `    <imageZposition>${zOf(phantom, k)}</imageZposition>`,
    `    <imageSOP_UID>${uids.sopOf(k)}</imageSOP_UID>`,
    `    <locus><xCoord>${i}</xCoord><yCoord>${j}</yCoord></locus>`,
    '  </nonNodule>',
  ];
}

function zOf(phantom: Phantom, k: number): string {
  return indexToWorld(phantom.volume, [0, 0, k])[2].toFixed(6);
}
