/** The CTs that lesions are put into: DICOM series with what readers marked in them, or one image file each. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { lungMask, type LungAnatomy } from '../../anatomy/lungMask.ts';
import { openVolume } from '../../dataset/volumes/openVolume.ts';
import { readCtSeries } from '../../dicom/ctSeries.ts';
import { isStackImage } from '../../dicom/ctSlice.ts';
import { imageExtension } from '../../formats/imageFile.ts';
import { mayWriteBack } from '../../security/writeBack.ts';
import { inLpsOrder } from '../../volume/axisOrder.ts';
import type { CtVolume, Vec3 } from '../../volume/ctVolume.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { nodulesOf } from '../importing/annotate.ts';
import {
  annotationsBySeries,
  mayBeOfficial,
  messageOf,
  readAnnotations,
  readOfficial,
  type Failure,
  type OfficialObject,
  type SeriesAnnotations,
} from '../importing/annotations.ts';
import { gather, type Found, type FoundInstance } from '../importing/gather.ts';

/** A grid turned further against the body's axis than this is no stack of axial slices (about 25°). */
const LEAST_ALONG_BODY = 0.9;

export interface KnownNodule {
  /** LPS mm. */
  readonly centre: Vec3;
  /** Largest in the plane, mm. */
  readonly diameterMm: number;
  /** Of the ball of the same volume, mm. */
  readonly equivalentDiameterMm: number;
}

export interface LoadedHost {
  readonly volume: CtVolume;
  readonly lung: LungAnatomy;
  /** The host's own nodules; null where nobody marked any. */
  readonly nodules: readonly KnownNodule[] | null;
}

export interface ComparisonHost {
  /** What reports call it: the patient, else the file. */
  readonly name: string;
  /** Null where the format knows none: then nobody can say whose nodules must not go into it. */
  readonly patientId: string | null;
  /** Tells it from every other host. */
  readonly key: string;
  /** @throws NoduleLabError naming the host where it cannot be read, or has no lung */
  load(): Promise<LoadedHost>;
}

/**
 * Looks through folders for CT series, each one host, and takes image files (NIfTI, MetaImage, NRRD) that are named. Only
 * headers are read.
 *
 * @throws NoduleLabError `not-found` for a path that is not there, `unusable` for one that holds no CT, `refused` for a
 *   CT that is not de-identified or is synthetic itself
 */
export async function openHosts(
  paths: readonly string[],
  configuration: { readonly researchArchive: boolean },
  signal: AbortSignal,
): Promise<ComparisonHost[]> {
  const hosts = new Map<string, ComparisonHost>();
  for (const path of paths) {
    const found = await hostsAt(path, configuration, signal);
    for (const host of found) hosts.set(host.key, host);
  }
  return [...hosts.values()];
}

async function hostsAt(
  path: string,
  configuration: { readonly researchArchive: boolean },
  signal: AbortSignal,
): Promise<ComparisonHost[]> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new NoduleLabError(
      'not-found',
      `The host ${path} cannot be read: check the path.`,
      { path },
      cause,
    );
  });
  if (info.isFile() && imageExtension(path) !== undefined) return [await imageHost(path, signal)];
  const found = await gather([path], signal);
  const series = Map.groupBy(
    found.instances.filter(({ header }) => isStackImage(header.sopClassUID, header.imageType)),
    ({ header }) => header.seriesInstanceUID,
  );
  if (series.size === 0) {
    const [broken] = found.broken;
    throw new NoduleLabError(
      'unusable',
      `There is no CT series in the host folder ${path}${broken === undefined ? '' : ` (${broken.message})`}: give a folder with the DICOM slices of a CT, or an image file (.nii, .mhd, .nrrd).`,
      { path },
    );
  }
  const annotations = await annotationsIn(found, signal);
  return [...series].map(([uid, files]) => dicomHost(uid, files, annotations.get(uid), configuration));
}

function dicomHost(
  seriesUID: string,
  files: readonly FoundInstance[],
  annotations: SeriesAnnotations | undefined,
  configuration: { readonly researchArchive: boolean },
): ComparisonHost {
  const { header, name: first } = files[0]!;
  const decision = mayWriteBack(header, configuration);
  if (!decision.allowed) throw new NoduleLabError('refused', `${first}: ${decision.reason}`, { path: first });
  // A phantom is synthetic too, but an original.
  if (header.syntheticData && header.imageType[0] === 'DERIVED')
    throw new NoduleLabError(
      'refused',
      `${first} belongs to a synthetic series: give the original CT as a host.`,
      { path: first },
    );
  const name = header.patientId === '' ? seriesUID : header.patientId;
  return {
    name,
    patientId: header.patientId === '' ? null : header.patientId,
    key: seriesUID,
    load: async () => {
      const read = await Promise.all(
        files.map(async (file) => ({ name: file.name, bytes: await file.read() })),
      );
      const series = readCtSeries(read);
      const nodules = annotations === undefined ? null : nodulesOf(annotations, series).nodules;
      return { volume: series.volume, lung: lungOf(series.volume, name), nodules };
    },
  };
}

async function imageHost(path: string, signal: AbortSignal): Promise<ComparisonHost> {
  const volume = await openVolume(path, signal);
  return {
    name: path,
    patientId: volume.patientId,
    key: volume.seriesUID ?? createHash('sha256').update(path).digest('hex'),
    load: async () => {
      // Slices are stacked along the body, as in DICOM, whatever order the file has them in.
      const { volume: ct } = inLpsOrder((await volume.load()).ct);
      if (ct.direction[2][2] < LEAST_ALONG_BODY)
        throw new NoduleLabError(
          'unusable',
          `The host ${path} lies oblique in the patient: none of its axes runs along the body. Resample it to axial slices first.`,
          { path },
        );
      return { volume: ct, lung: lungOf(ct, path), nodules: null };
    },
  };
}

function lungOf(volume: CtVolume, name: string): LungAnatomy {
  try {
    return lungMask(volume);
  } catch (error) {
    if (!(error instanceof NoduleLabError) || error.kind !== 'unusable') throw error;
    throw new NoduleLabError(
      'unusable',
      `The host ${name} takes no nodule: ${error.message}`,
      { name },
      error,
    );
  }
}

/** By series. Official segmentations are read only where there is no XML. */
async function annotationsIn(
  { xml, instances }: Found,
  signal: AbortSignal,
): Promise<Map<string, SeriesAnnotations>> {
  const failures: Failure[] = [];
  const { list } = await readAnnotations(xml, failures, signal);
  const objects: OfficialObject[] = [];
  if (list.length === 0)
    for (const { name, header, read } of instances) {
      if (!mayBeOfficial(header)) continue;
      signal.throwIfAborted();
      try {
        objects.push(readOfficial(header.kind, { name, bytes: await read() }));
      } catch (error) {
        failures.push({ name, message: messageOf(error) });
      }
    }
  return annotationsBySeries(list, objects, failures);
}
