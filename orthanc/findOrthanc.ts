/** Finds Orthanc and its DICOMweb plugin on this machine, and says precisely what is missing. */
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface OrthancInstallation {
  readonly executable: string;
  /** The shared library of the DICOMweb plugin. */
  readonly dicomWebPlugin: string;
}

export type OrthancSearch =
  | { readonly found: true; readonly installation: OrthancInstallation }
  | {
      readonly found: false;
      readonly missing: readonly ('orthanc' | 'orthanc-dicomweb')[];
      /** One sentence: what is missing and how to install it. */
      readonly message: string;
    };

export interface SearchPlaces {
  /** Folders for the executable, in order. */
  readonly executableFolders: readonly string[];
  /** Folders (or single files) for the plugin, in order. */
  readonly pluginPlaces: readonly string[];
}

/** Debian installs the program to /usr/sbin, which is not on every user's PATH; the Docker images use /usr/local. */
export function defaultSearchPlaces(
  env: Readonly<Record<string, string | undefined>> = process.env,
): SearchPlaces {
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return {
    executableFolders: [
      ...path,
      '/usr/sbin',
      '/usr/local/sbin',
      '/usr/bin',
      '/usr/local/bin',
      '/opt/orthanc/bin',
    ],
    pluginPlaces: [
      ...(env['ORTHANC_DICOMWEB_PLUGIN'] === undefined ? [] : [env['ORTHANC_DICOMWEB_PLUGIN']]),
      '/usr/share/orthanc/plugins',
      '/usr/local/share/orthanc/plugins',
      '/usr/lib/orthanc/plugins',
      '/usr/lib/orthanc',
      '/usr/share/orthanc/plugins-available',
      '/opt/orthanc/plugins',
    ],
  };
}

function executableIn(folder: string): string | undefined {
  for (const name of ['Orthanc', 'orthanc']) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      continue;
    }
  }
  return undefined;
}

function pluginIn(place: string): string | undefined {
  if (!existsSync(place)) return undefined;
  if (statSync(place).isFile()) return place;
  const file = readdirSync(place)
    .filter((name) => /^libOrthancDicomWeb\.(so|dylib)/.test(name))
    .sort()[0];
  return file === undefined ? undefined : join(place, file);
}

function firstOf(places: readonly string[], look: (place: string) => string | undefined): string | undefined {
  for (const place of places) {
    const found = look(place);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Looks for Orthanc and its DICOMweb plugin; starts nothing. */
export function findOrthanc(places: SearchPlaces = defaultSearchPlaces()): OrthancSearch {
  const executable = firstOf(places.executableFolders, executableIn);
  const dicomWebPlugin = firstOf(places.pluginPlaces, pluginIn);
  if (executable !== undefined && dicomWebPlugin !== undefined)
    return { found: true, installation: { executable, dicomWebPlugin } };
  const missing = [
    ...(executable === undefined ? (['orthanc'] as const) : []),
    ...(dicomWebPlugin === undefined ? (['orthanc-dicomweb'] as const) : []),
  ];
  const what = missing
    .map((name) => (name === 'orthanc' ? 'Orthanc' : 'the DICOMweb plugin of Orthanc'))
    .join(' and ');
  return {
    found: false,
    missing,
    message:
      `${what} ${missing.length > 1 ? 'are' : 'is'} not on this machine. On Debian or Ubuntu: apt-get install ${missing.join(' ')}. ` +
      'Elsewhere see https://www.orthanc-server.com/download.php; a plugin in an unusual place is named by ORTHANC_DICOMWEB_PLUGIN.',
  };
}
