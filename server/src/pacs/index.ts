/** Orthanc and DICOMweb. */
export { splitArchiveUrl, basicAuthorization, type ArchiveAddress, type ArchiveAuth } from './archiveUrl.ts';
export {
  createOrthancClient,
  type ArchivedInstance,
  type ArchivedSeries,
  type Capabilities,
  type OrthancClient,
  type OrthancClientOptions,
} from './orthancClient.ts';
export type { InstanceToStore, StoreOptions, StoreResult } from './storeSeries.ts';
