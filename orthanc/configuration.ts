/** The configuration of NoduleLab's own Orthanc: loopback only, behind a password, storage inside the project. */
import { join } from 'node:path';

/** The user that NoduleLab is to its Orthanc. */
export const ORTHANC_USER = 'nodulelab';
const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

export interface OrthancSettings {
  /** Folder that holds the storage and the index. */
  readonly dir: string;
  readonly port: number;
  /** Shown by /system; tells this instance from any other. */
  readonly name: string;
  readonly password: string;
  readonly dicomWebPlugin: string;
  /** False: compressed images stay as they come. */
  readonly transcodes?: boolean;
}

/**
 * Orthanc's configuration as an object to be written as JSON.
 *
 * Orthanc 1.10 listens on all interfaces; `RemoteAccessAllowed: false` makes it answer 401 to all but loopback. The
 * password keeps web pages and other users of the machine out: only NoduleLab's server, where the guard of originals
 * stands, can write. `OverwriteInstances: false`: an instance once stored can never be replaced.
 */
export function orthancConfiguration(settings: OrthancSettings): Record<string, unknown> {
  return {
    Name: settings.name,
    StorageDirectory: join(settings.dir, 'storage'),
    IndexDirectory: join(settings.dir, 'index'),
    HttpPort: settings.port,
    HttpServerEnabled: true,
    DicomServerEnabled: false,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: true,
    RegisteredUsers: { [ORTHANC_USER]: settings.password },
    SslEnabled: false,
    KeepAlive: true,
    TcpNoDelay: true,
    HttpDescribeErrors: true,
    // Deflating each slice on its way costs 20 times what sending it over loopback does.
    HttpCompressionEnabled: false,
    ExecuteLuaEnabled: false,
    OverwriteInstances: false,
    // Compressed images become readable for every viewer on arrival; what is uncompressed is kept byte for byte.
    ...(settings.transcodes === false
      ? {}
      : { IngestTranscoding: EXPLICIT_LITTLE_ENDIAN, IngestTranscodingOfUncompressed: false }),
    LimitFindResults: 0,
    LimitFindInstances: 0,
    Plugins: [settings.dicomWebPlugin],
    DicomWeb: {
      Enable: true,
      Root: '/dicom-web/',
      EnableWado: false,
      StudiesMetadata: 'Full',
      SeriesMetadata: 'Full',
    },
  };
}
