/**
 * LUNA16 (A. Setio et al., Med Image Anal 42:1, 2017) and whatever is laid out like it: volumes named by Series Instance
 * UID and a table of nodules by place (LPS mm) and diameter, as a source of patches.
 *
 * The table knows no outlines and no ratings. A nodule's mask is, in this order: what a mask volume named in the table's
 * column `mask` holds, what the readers marked in the LIDC XML (if given), a ball of the diameter. Ratings come from the
 * XML, or from the table's column `malignancy`.
 */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { caseFlags } from '../lidc/flags.ts';
import type { BoxMask } from '../lidc/boxMask.ts';
import type { LidcNodule } from '../lidc/nodules.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { marksOfSeries, nodulesAt } from './lunaMarks.ts';
import { ballMask, maskFromFile, requireInside } from './lunaMasks.ts';
import { readLunaTable } from './lunaTable.ts';
import type { LunaRow } from './lunaTable.ts';
import type { NoduleSource, SourceNodule } from './source.ts';
import { alwaysTestPatient } from './split.ts';
import type { SourceVolume } from './volumeSource.ts';
import { openVolumes } from './volumes/openVolume.ts';
import type { OpenedVolume, VolumeProblem } from './volumes/openedVolume.ts';
import { withoutFolders } from './withoutFolders.ts';

export interface LunaOptions {
  /**
   * CSV with the columns seriesuid, coordX, coordY, coordZ, diameter_mm; if there, patient_id, malignancy (1 to 5) and mask
   * (path of a volume on the CT's grid, from the table's folder) are used too.
   */
  readonly annotations: string;
  /** Volumes (`<series UID>.mhd`, `.nii.gz`, …) and DICOM series, in folders of any depth. */
  readonly volumeDirs: readonly string[];
  /** Folder of LIDC XML: masks and ratings of the readers. */
  readonly xmlDir?: string;
}

/**
 * The nodules of the table whose CT is there. What is left out, and what stands in for what is not known, is listed in
 * `problems`. A nodule's `load()` fails where its volume or mask turns out to be damaged.
 *
 * @throws NoduleLabError where the table cannot be read or lacks a column, or where no nodule is left
 */
export async function lunaNodules(options: LunaOptions, signal: AbortSignal): Promise<NoduleSource> {
  const { annotations, volumeDirs, xmlDir } = options;
  const table = await readLunaTable(annotations);
  const found = await openVolumes(volumeDirs, signal);
  const problems: VolumeProblem[] = [...table.problems, ...found.problems];
  const rows = Map.groupBy(table.rows, ({ seriesUID }) => seriesUID);
  const volumes = volumesBySeries(found.volumes, rows, problems);
  if (volumes.size === 0) throw noVolumes(options, found.volumes, problems);
  const read = xmlDir === undefined ? undefined : await marksOfSeries(volumes, xmlDir, signal);
  problems.push(...(read?.problems ?? []));

  const nodules: SourceNodule[] = [];
  let withoutPatient = 0;
  for (const [seriesUID, ofSeries] of rows) {
    const volume = volumes.get(seriesUID);
    if (volume === undefined) {
      // A series with two volumes is in the list already.
      if (!found.volumes.some((one) => one.seriesUID === seriesUID))
        problems.push({
          name: seriesUID,
          message: `${annotations}: no volume of series ${seriesUID} is in ${volumeDirs.join(', ')}; ${ofSeries.length} nodules are left out.`,
        });
      continue;
    }
    const patients = [...new Set(ofSeries.flatMap(({ patientId }) => patientId ?? []))];
    if (patients.length > 1) {
      problems.push({
        name: seriesUID,
        message: `${annotations}: series ${seriesUID} is said to be of ${patients.length} patients (${patients.slice(0, 2).join(', ')}), so no split by patient can keep it on one side; its ${ofSeries.length} nodules are left out. Correct the column patient_id.`,
      });
      continue;
    }
    const patient = patients[0] ?? volume.patientId ?? alwaysTestPatient(seriesUID);
    const placed = ofSeries.filter((row) => liesInside(row, volume, annotations, problems));
    const marks = read?.marks.get(seriesUID);
    const marked = nodulesAt(
      placed.map(({ centre, diameterMm }) => ({ centre, radiusMm: diameterMm / 2 })),
      marks ?? { nodules: [], sliceMm: 0 },
    );
    placed.forEach((row, index) => {
      const readers = marked[index];
      if (xmlDir !== undefined && readers === undefined)
        problems.push({
          name: seriesUID,
          message: `${annotations}, line ${row.line}: no readers' mark under ${xmlDir} lies there, so the nodule has no ratings of theirs.`,
        });
      if (patient === null) withoutPatient++;
      nodules.push(noduleOf(row, volume, patient, readers, annotations));
    });
  }
  if (withoutPatient > 0)
    problems.push({
      name: annotations,
      message:
        `The patients of ${withoutPatient} nodules are not known: the Series Instance UID stands in, so the split is by series, and ` +
        'two scans of one patient may fall on both its sides. Add a column patient_id.',
    });
  if (nodules.length === 0) throw noVolumes(options, found.volumes, problems);
  return named({ wholeCts: true, nodules, problems }, [dirname(annotations), ...volumeDirs, xmlDir]);
}

/** A series with two volumes is left out: one of them may be a mask (LUNA16's lung masks are named like its CTs). */
function volumesBySeries(
  volumes: readonly OpenedVolume[],
  wanted: ReadonlyMap<string, readonly LunaRow[]>,
  problems: VolumeProblem[],
): Map<string, OpenedVolume> {
  const named = volumes.filter(({ seriesUID }) => seriesUID !== null && wanted.has(seriesUID));
  const bySeries = new Map<string, OpenedVolume>();
  for (const [seriesUID, [volume, another]] of Map.groupBy(named, (one) => one.seriesUID ?? '')) {
    if (volume !== undefined && another === undefined) bySeries.set(seriesUID, volume);
    else
      problems.push({
        name: seriesUID,
        message: `${volume?.name} and ${another?.name} are named by the same series, and one of them may be a mask: the series and its ${wanted.get(seriesUID)?.length} nodules are left out. Give only the folders of the CTs.`,
      });
  }
  return bySeries;
}

/** DICOM says where it lies only when it is read; such a nodule is checked at its turn. */
function liesInside(
  row: LunaRow,
  volume: OpenedVolume,
  annotations: string,
  problems: VolumeProblem[],
): boolean {
  if (volume.geometry === null) return true;
  try {
    requireInside(volume.geometry, row.centre, volume.name);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({ name: volume.name, message: `${annotations}, line ${row.line}: ${reason}` });
    return false;
  }
}

function noduleOf(
  row: LunaRow,
  volume: OpenedVolume,
  patient: string | null,
  readers: LidcNodule | undefined,
  annotations: string,
): SourceNodule {
  const { centre, diameterMm, seriesUID } = row;
  const ratings = readers?.marks.flatMap(({ characteristics }) => characteristics?.malignancy ?? []) ?? [];
  const byReaders = ratings.length > 0;
  const maskPath = row.mask === undefined ? undefined : resolve(dirname(annotations), row.mask);
  const maskIn = async ({ ct }: SourceVolume): Promise<BoxMask> => {
    requireInside(ct, centre, volume.name);
    if (maskPath !== undefined) return maskFromFile(maskPath, ct, volume.name, centre, diameterMm);
    return readers?.mask ?? ballMask(ct, centre, diameterMm);
  };
  return {
    patientId: patient ?? seriesUID,
    seriesUID,
    noduleId: readers?.id ?? row.id,
    characteristics: readers?.characteristics ?? null,
    malignancyRatings: byReaders || row.malignancy === undefined ? ratings : [row.malignancy],
    ratingSource: byReaders ? 'readers' : row.malignancy === undefined ? 'none' : 'majority',
    readers: readers?.readers ?? null,
    maskOf: maskPath === undefined ? (readers?.maskOf ?? 'ball') : 'segmentation',
    flags: [...caseFlags(patient)],
    load: async () => {
      const read = await volume.load();
      const mask = await maskIn(read);
      const box = JSON.stringify([mask.box.min, mask.box.max]);
      const sha256 = createHash('sha256').update(read.sha256).update(box).update(mask.bits).digest('hex');
      return { ct: read.ct, mask, sha256 };
    },
  };
}

/** What a source says goes into a manifest, which names no folders. */
function named(source: NoduleSource, folders: readonly (string | undefined)[]): NoduleSource {
  const short = withoutFolders(folders.filter((folder) => folder !== undefined));
  const load = async (nodule: SourceNodule): ReturnType<SourceNodule['load']> => {
    try {
      return await nodule.load();
    } catch (error) {
      if (!(error instanceof NoduleLabError)) throw error;
      throw new NoduleLabError(error.kind, short(error.message), error.details, error);
    }
  };
  return {
    ...source,
    nodules: source.nodules.map((nodule) => ({ ...nodule, load: () => load(nodule) })),
    problems: source.problems.map(({ name, message }) => ({ name: short(name), message: short(message) })),
  };
}

function noVolumes(
  { annotations, volumeDirs }: LunaOptions,
  volumes: readonly OpenedVolume[],
  problems: readonly VolumeProblem[],
): NoduleLabError {
  const [volume] = volumes;
  const [problem] = problems;
  return new NoduleLabError(
    'invalid-input',
    `No nodule of ${annotations} lies in a volume of ${volumeDirs.join(', ')} (${volumes.length} volumes found` +
      `${volume === undefined ? '' : `, the first is ${volume.name}`}). Volumes are named by Series Instance UID, as seriesuid in ` +
      `the table.${problem === undefined ? '' : ` First problem: ${problem.message}`}`,
    { annotations, problems },
  );
}
