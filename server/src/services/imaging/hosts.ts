/** The host series in memory: read from the archive once, kept while they are used. */
import { lungMask, type LungAnatomy } from '../../anatomy/lungMask.ts';
import { readCtSeries, type CtSeries } from '../../dicom/ctSeries.ts';
import type { OrthancClient } from '../../pacs/orthancClient.ts';
import { NoduleLabError } from '../../volume/errors.ts';

export interface Host {
  readonly series: CtSeries;
  /** Computed when first asked for. */
  lung(): LungAnatomy;
}

export interface Hosts {
  /** @throws NoduleLabError `not-found` where the archive has no such series. */
  get(seriesInstanceUID: string): Promise<Host>;
  /** The series is read anew when it is next asked for. */
  forget(seriesInstanceUID: string): void;
}

/** A 133-slice CT takes 70 MB of files and 70 MB of voxels: two are enough to work on one and compare with another. */
const KEPT = 2;

export function createHosts(archive: Pick<OrthancClient, 'downloadSeries'>): Hosts {
  const hosts = new Map<string, Promise<Host>>();

  const load = async (seriesInstanceUID: string): Promise<Host> => {
    const files = await archive.downloadSeries(seriesInstanceUID);
    if (files.length === 0)
      throw new NoduleLabError('not-found', `the archive has no series ${seriesInstanceUID}`, {
        seriesInstanceUID,
      });
    return hostOf(readCtSeries(files));
  };

  return {
    get(seriesInstanceUID) {
      const known = hosts.get(seriesInstanceUID);
      const host = known ?? load(seriesInstanceUID);
      hosts.delete(seriesInstanceUID);
      hosts.set(seriesInstanceUID, host);
      if (!known) host.catch(() => hosts.delete(seriesInstanceUID));
      for (const oldest of hosts.keys()) {
        if (hosts.size <= KEPT) break;
        hosts.delete(oldest);
      }
      return host;
    },
    forget: (seriesInstanceUID) => {
      hosts.delete(seriesInstanceUID);
    },
  };
}

/** A host that is already read. */
export function hostOf(series: CtSeries): Host {
  let lung: LungAnatomy | undefined;
  return { series, lung: () => (lung ??= lungMask(series.volume)) };
}
