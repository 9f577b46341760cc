/** NoduleLab's own Orthanc: finding it, configuring it, starting and ending it. */
export { orthancConfiguration, ORTHANC_USER, type OrthancSettings } from './configuration.ts';
export {
  defaultSearchPlaces,
  findOrthanc,
  type OrthancInstallation,
  type OrthancSearch,
  type SearchPlaces,
} from './findOrthanc.ts';
export {
  startOrthanc,
  type OrthancCredentials,
  type RunningOrthanc,
  type StartOrthancOptions,
} from './startOrthanc.ts';
