/**
 * The archive as the rest of the server sees it: it reads everything, adds instances that were not there, and removes
 * only series that the registry says NoduleLab made. The original is read-only inside the server as well.
 */
import type { OrthancClient } from '../pacs/orthancClient.ts';
import { NoduleLabError } from '../volume/errors.ts';

export interface SeriesRegistry {
  /** True where NoduleLab made (or is making) this series. */
  isOurs(seriesInstanceUID: string): Promise<boolean>;
}

export interface GuardedArchive extends Omit<
  OrthancClient,
  'deleteSeriesByOrthancId' | 'deleteInstanceByOrthancId' | 'uploadInstance'
> {
  /**
   * Removes a series that NoduleLab made; one that is not there is no error.
   *
   * @throws NoduleLabError 'refused' for every other series
   */
  deleteOwnSeries(seriesInstanceUID: string): Promise<void>;
}

export function createGuardedArchive(client: OrthancClient, registry: SeriesRegistry): GuardedArchive {
  return {
    baseUrl: client.baseUrl,
    capabilities: client.capabilities,
    hasSeries: client.hasSeries,
    findSeries: client.findSeries,
    studySeries: client.studySeries,
    seriesInstances: client.seriesInstances,
    findInstance: client.findInstance,
    downloadInstance: client.downloadInstance,
    downloadSeries: client.downloadSeries,
    storeSeries: client.storeSeries,
    async deleteOwnSeries(uid) {
      if (!(await registry.isOurs(uid)))
        throw new NoduleLabError(
          'refused',
          `Series ${uid} was not made by NoduleLab, so it is not deleted. Originals are read-only.`,
          { seriesInstanceUID: uid },
        );
      for (;;) {
        const series = await client.findSeries(uid);
        if (series === undefined) return;
        // A lookup is a claim, not a proof: delete only what says itself that it is this series.
        if (series.seriesInstanceUID !== uid)
          throw new NoduleLabError(
            'upstream',
            `Orthanc names series ${series.seriesInstanceUID} for ${uid}; nothing was deleted.`,
          );
        await client.deleteSeriesByOrthancId(series.orthancId);
      }
    },
  };
}
