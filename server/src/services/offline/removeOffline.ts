/** Removal of nodules without archive or server: the CT of a folder as if they were not there. */
import { readFile } from 'node:fs/promises';
import type { Nodule } from '@nodulelab/contract';
import type { CtSeries } from '../../dicom/ctSeries.ts';
import { readLidcXml } from '../../lidc/xml.ts';
import { sha256Of } from '../../store/artefacts.ts';
import { NoduleLabError } from '../../volume/errors.ts';
import { removeEdit } from '../editRecord.ts';
import { removeIn } from '../imaging/makeEdit.ts';
import { nodulesOf } from '../importing/annotate.ts';
import { wireNodule } from '../importing/nodules.ts';
import { blendingSeed } from '../placement.ts';
import {
  openOfflineHost,
  writeOffline,
  type OfflineEdit,
  type OfflineOptions,
  type OfflineResult,
  type Progress,
} from './offlineCt.ts';

export interface OfflineRemoval extends OfflineOptions {
  /** File with the LIDC annotations of this CT. */
  readonly xml: string;
  /** Numbers of the nodules to remove: from 1, largest first. */
  readonly numbers: readonly number[];
}

/**
 * @throws NoduleLabError as `openOfflineHost`, `writeOffline`; `not-found` with the list of nodules for a number that the
 *   annotations do not have
 */
export async function removeOffline(options: OfflineRemoval, progress: Progress): Promise<OfflineResult> {
  progress(0, 'Reading the CT');
  const host = await openOfflineHost(options);
  const nodules = await nodulesIn(options.xml, host.series);
  const wanted = options.numbers.map((number) => {
    const nodule = nodules.find((one) => one.number === number);
    if (nodule) return nodule;
    throw new NoduleLabError(
      'not-found',
      `${options.xml} marks no nodule ${number} in this CT. It marks ${listOf(nodules)}.`,
      { number, nodules: nodules.length },
    );
  });
  const made: OfflineEdit[] = [];
  for (const [n, nodule] of wanted.entries()) {
    progress(0.3 + (0.4 * n) / wanted.length, `Removing nodule ${nodule.number}`);
    const earlier = made.map(({ result: { box, hu } }) => ({ box, hu }));
    const seed = blendingSeed(sha256Of(nodule.id));
    const result = removeIn(host, { nodule, seed, earlier });
    const { id: noduleId, centre, diameterMm } = nodule;
    const asked = { noduleId, maskSha256: sha256Of(result.mask), seed, centre, diameterMm };
    made.push({ edit: removeEdit(asked, result), result, setting: null, material: result.mask });
  }
  progress(0.7, 'Writing');
  const result = await writeOffline(host, made, options);
  progress(1, 'Verified');
  return result;
}

async function nodulesIn(xml: string, series: CtSeries): Promise<Nodule[]> {
  const annotations = readLidcXml(await readFile(xml), xml);
  if (annotations.kind !== 'ct')
    throw new NoduleLabError('invalid-input', `${xml} annotates a chest X-ray, not a CT.`, { xml });
  if (annotations.seriesInstanceUID !== series.seriesInstanceUID)
    throw new NoduleLabError(
      'invalid-input',
      `${xml} annotates series ${annotations.seriesInstanceUID}, and the CT is ${series.seriesInstanceUID}: give the file of this CT.`,
      { xml },
    );
  const { nodules, failures } = nodulesOf({ xml: [annotations], segmentations: [], reports: [] }, series);
  const [failure] = failures;
  if (failure) throw new NoduleLabError('invalid-input', failure.message, { xml });
  return nodules.map((nodule, index) => wireNodule(nodule, index + 1));
}

const listOf = (nodules: readonly Nodule[]): string =>
  nodules.length === 0
    ? 'none'
    : nodules
        .map(
          ({ number, diameterMm, centre }) =>
            `${number} (${diameterMm.toFixed(1)} mm at ${centre.map((mm) => mm.toFixed(1)).join(',')})`,
        )
        .join(', ');
