/** Writes the thorax phantom as a study: DICOM slices and the LIDC XML of its readers, laid out like an LIDC patient. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCtSeries } from '../dicom/originalCt.ts';
import { phantomLidcXml } from '../phantom/lidcXml.ts';
import { DEMO_PHANTOM, makePhantom, SMALL_PHANTOM } from '../phantom/phantom.ts';
import { NoduleLabError } from '../volume/errors.ts';

export interface PhantomStudyOptions {
  /** Folder for the files; made where it is not there. */
  readonly dir: string;
  readonly preset: 'demo' | 'small';
  /** The same seed makes the same voxels; identifiers are new each time. */
  readonly seed?: number;
}

export interface PhantomStudy {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly slices: number;
  readonly nodules: number;
}

const PRESETS = { demo: DEMO_PHANTOM, small: SMALL_PHANTOM };
const SEED = 1;

export async function writePhantomStudy(
  deps: { readonly now: () => Date; readonly newUid: () => string },
  { dir, preset, seed = SEED }: PhantomStudyOptions,
  progress: (fraction: number, message: string) => void,
): Promise<PhantomStudy> {
  progress(0, 'Making a thorax');
  const phantom = makePhantom({ ...PRESETS[preset], seed });
  progress(0.6, 'Writing its slices');
  const written = writeCtSeries(
    phantom.volume,
    {
      patientId: `NODULELAB-PHANTOM-${seed}`,
      patientName: 'NoduleLab^Phantom',
      studyDescription: 'Thorax phantom',
      seriesDescription: 'Phantom CT, lung',
      seriesNumber: 1,
      manufacturer: 'NoduleLab',
      manufacturerModelName: 'Thorax phantom',
      softwareVersions: '1',
      convolutionKernel: 'SIMULATED',
      kvp: 120,
    },
    { now: deps.now(), newUid: deps.newUid },
  );
  await mkdir(dir, { recursive: true });
  for (const [k, { bytes }] of written.instances.entries())
    await writeFile(join(dir, `1-${String(k + 1).padStart(3, '0')}.dcm`), bytes, { flag: 'wx' }).catch(
      (error: unknown) => {
        throw new NoduleLabError(
          'conflict',
          `A slice cannot be written to ${dir}: give a new folder, nothing is overwritten.`,
          { dir },
          error,
        );
      },
    );
  const xml = phantomLidcXml(phantom, {
    study: written.studyInstanceUID,
    series: written.seriesInstanceUID,
    sopOf: (k) => written.instances[k]?.sopInstanceUID ?? '',
  });
  await writeFile(join(dir, 'annotations.xml'), xml, { flag: 'wx' });
  progress(1, 'Written');
  return {
    studyInstanceUID: written.studyInstanceUID,
    seriesInstanceUID: written.seriesInstanceUID,
    slices: written.instances.length,
    nodules: phantom.nodules.length,
  };
}
