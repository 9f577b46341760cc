/**
 * A thin typed client of Orthanc's REST interface (1.10 and later). It uploads instance by instance, because that
 * gives a clear status for each one in every version; it deletes by Orthanc's own identifiers only, never by a query.
 */
import type { DicomFile } from '../dicom/ctSlice.ts';
import { NoduleLabError } from '../volume/errors.ts';
import { splitArchiveUrl, type ArchiveAuth } from './archiveUrl.ts';
import { concurrently } from './concurrently.ts';
import { exchange, exchangeBy } from './exchange.ts';
import { storeAll, type InstanceToStore, type StoreOptions, type StoreResult } from './storeSeries.ts';
import { createTransport, orthancMessage } from './transport.ts';
import { Lookup, Plugin, Series, SeriesInstances, StudyIds, System, Uploaded } from './wire.ts';

export interface Capabilities {
  /** Version of Orthanc. */
  readonly version: string;
  readonly apiVersion: number;
  readonly name: string;
  /** Version of the DICOMweb plugin; undefined where it is not loaded. */
  readonly dicomWebVersion: string | undefined;
  readonly labels: boolean;
  /** True where an upload would replace a stored instance; undefined where this Orthanc does not say. */
  readonly overwritesInstances: boolean | undefined;
}

export interface ArchivedSeries {
  readonly orthancId: string;
  readonly seriesInstanceUID: string;
  readonly modality: string;
  readonly seriesDescription: string;
  readonly seriesNumber: number | undefined;
  readonly instances: number;
}

export interface ArchivedInstance {
  readonly orthancId: string;
  readonly sopInstanceUID: string;
}

export interface OrthancClient {
  /** Without credentials. */
  readonly baseUrl: string;
  /** Asked each time, so that it also tells whether Orthanc is there. Throws 'upstream' where it does not answer. */
  capabilities(): Promise<Capabilities>;
  hasSeries(seriesInstanceUID: string): Promise<boolean>;
  findSeries(seriesInstanceUID: string): Promise<ArchivedSeries | undefined>;
  /** All series of a study; empty where the archive does not have it. */
  studySeries(studyInstanceUID: string): Promise<ArchivedSeries[]>;
  /** Instances of a series; empty where the archive does not have it. */
  seriesInstances(seriesInstanceUID: string): Promise<ArchivedInstance[]>;
  /** Orthanc's id of an instance; undefined where the archive does not have it. */
  findInstance(sopInstanceUID: string): Promise<string | undefined>;
  /** The file exactly as it was stored. */
  downloadInstance(orthancId: string): Promise<Uint8Array>;
  /** All files of a series, named by SOP Instance UID; empty where the archive does not have it. */
  downloadSeries(seriesInstanceUID: string, options?: { signal?: AbortSignal }): Promise<DicomFile[]>;
  /** 'already-stored' where the archive had this SOP instance: it then keeps what it has. */
  uploadInstance(bytes: Uint8Array): Promise<{ orthancId: string; status: 'stored' | 'already-stored' }>;
  /** All or nothing: see storeSeries.ts. */
  storeSeries(instances: readonly InstanceToStore[], options?: StoreOptions): Promise<StoreResult>;
  /** Unguarded: callers go through security/guardedArchive.ts. */
  deleteInstanceByOrthancId(orthancId: string): Promise<void>;
  /** Unguarded: callers go through security/guardedArchive.ts. */
  deleteSeriesByOrthancId(orthancId: string): Promise<void>;
}

export interface OrthancClientOptions {
  /** May carry credentials: http://user:password@host:port. */
  readonly baseUrl: string;
  /** Carries the requests instead of connections of our own. */
  readonly fetch?: typeof globalThis.fetch;
  /** Instead of credentials in the address. */
  readonly auth?: ArchiveAuth;
  /** For each request; 30 s where absent. */
  readonly timeoutMs?: number;
}

/** Downloads at a time: more gains nothing on one Orthanc. */
const DOWNLOADS = 6;

/** Digits and dots, at most 64 (PS3.5 section 9.1): nothing that a query could read as a wildcard. */
function requireUid(uid: string): string {
  if (/^[0-9.]{1,64}$/.test(uid)) return uid;
  throw new NoduleLabError('invalid-input', `"${uid.slice(0, 80)}" is not a DICOM unique identifier.`);
}

function requireOrthancId(id: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{8}){4}$/.test(id)) return id;
  throw new NoduleLabError('invalid-input', `"${id.slice(0, 80)}" is not an identifier of Orthanc.`);
}

function toArchivedSeries(series: (typeof Series)['_output']): ArchivedSeries {
  const number = Number.parseInt(series.MainDicomTags.SeriesNumber, 10);
  return {
    orthancId: series.ID,
    seriesInstanceUID: series.MainDicomTags.SeriesInstanceUID,
    modality: series.MainDicomTags.Modality,
    seriesDescription: series.MainDicomTags.SeriesDescription,
    seriesNumber: Number.isFinite(number) ? number : undefined,
    instances: series.Instances.length,
  };
}

export function createOrthancClient(options: OrthancClientOptions): OrthancClient {
  const split = splitArchiveUrl(options.baseUrl);
  const address = options.auth === undefined ? split : { ...split, auth: options.auth };
  const { baseUrl } = address;
  const transport = createTransport(
    address,
    options.fetch === undefined ? exchange : exchangeBy(options.fetch),
    options.timeoutMs ?? 30_000,
  );

  const lookUp = async (uid: string, type: 'Study' | 'Series' | 'Instance'): Promise<string[]> => {
    const found = await transport.json('/tools/lookup', Lookup, { method: 'POST', body: requireUid(uid) });
    return found.filter((entry) => entry.Type === type).map((entry) => entry.ID);
  };

  const probe = async (): Promise<Capabilities> => {
    const system = await transport.json('/system', System);
    const plugin = await transport.send('/plugins/dicom-web');
    const dicomWeb =
      plugin.status === 200
        ? Plugin.safeParse(JSON.parse(new TextDecoder().decode(plugin.bytes)))
        : undefined;
    return {
      version: system.Version,
      apiVersion: system.ApiVersion,
      name: system.Name,
      dicomWebVersion: dicomWeb?.success === true ? dicomWeb.data.Version : undefined,
      labels: system.HasLabels,
      overwritesInstances: system.OverwriteInstances,
    };
  };

  const remove = async (level: 'instances' | 'series', orthancId: string): Promise<void> => {
    const path = `/${level}/${requireOrthancId(orthancId)}`;
    const { status, bytes } = await transport.send(path, { method: 'DELETE' });
    // 404: somebody was faster; what counts is that it is gone.
    if (status !== 404 && (status < 200 || status > 299))
      throw new NoduleLabError(
        'upstream',
        `Orthanc at ${baseUrl} answers ${status} to DELETE ${path}: ${orthancMessage(bytes)}`,
        {
          status,
        },
      );
    if ((await transport.send(path)).status !== 404)
      throw new NoduleLabError('upstream', `Orthanc at ${baseUrl} still has ${path} after deleting it.`);
  };

  const client: OrthancClient = {
    baseUrl,
    capabilities: probe,
    async hasSeries(uid) {
      return (await lookUp(uid, 'Series')).length > 0;
    },
    async findSeries(uid) {
      const [id] = await lookUp(uid, 'Series');
      return id === undefined ? undefined : toArchivedSeries(await transport.json(`/series/${id}`, Series));
    },
    async studySeries(uid) {
      const studies = await lookUp(uid, 'Study');
      const ids = await Promise.all(studies.map((id) => transport.json(`/studies/${id}`, StudyIds)));
      return concurrently(
        ids.flatMap((study) => study.Series),
        DOWNLOADS,
        async (id) => toArchivedSeries(await transport.json(`/series/${id}`, Series)),
      );
    },
    async seriesInstances(uid) {
      const lists = await Promise.all(
        (await lookUp(uid, 'Series')).map((id) => transport.json(`/series/${id}/instances`, SeriesInstances)),
      );
      return lists.flat().map((entry) => ({
        orthancId: entry.ID,
        sopInstanceUID: entry.MainDicomTags.SOPInstanceUID,
      }));
    },
    async findInstance(uid) {
      return (await lookUp(uid, 'Instance'))[0];
    },
    async downloadInstance(orthancId) {
      const path = `/instances/${requireOrthancId(orthancId)}/file`;
      const { status, bytes } = await transport.send(path);
      if (status === 200) return bytes;
      throw new NoduleLabError(
        status === 404 ? 'not-found' : 'upstream',
        `Orthanc at ${baseUrl} answers ${status} to GET ${path}: ${orthancMessage(bytes)}`,
        { status },
      );
    },
    async downloadSeries(uid, { signal } = {}) {
      const instances = await client.seriesInstances(uid);
      return concurrently(instances, DOWNLOADS, async ({ orthancId, sopInstanceUID }) => {
        signal?.throwIfAborted();
        return { name: sopInstanceUID, bytes: await client.downloadInstance(orthancId) };
      });
    },
    async uploadInstance(bytes) {
      const { ID, Status } = await transport.json('/instances', Uploaded, {
        method: 'POST',
        body: bytes,
        contentType: 'application/dicom',
      });
      if (Status === 'Success') return { orthancId: ID, status: 'stored' };
      if (Status === 'AlreadyStored') return { orthancId: ID, status: 'already-stored' };
      throw new NoduleLabError('upstream', `Orthanc at ${baseUrl} did not store an instance: ${Status}.`, {
        status: Status,
      });
    },
    storeSeries: (instances, storeOptions) => storeAll(client, instances, storeOptions),
    deleteInstanceByOrthancId: (id) => remove('instances', id),
    deleteSeriesByOrthancId: (id) => remove('series', id),
  };
  return client;
}
