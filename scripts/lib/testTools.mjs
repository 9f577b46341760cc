// Programs that the integration and end-to-end tests run, and the Debian packages that bring them.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { installPackages } from './debianPackages.mjs';
import { searchOrthanc } from './orthanc.mjs';
import { succeeds } from './processes.mjs';

const onPath = (...names) =>
  names.some((name) =>
    (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, name))),
  );

/** The loader of Vulkan drivers: with it WebGPU runs on the GPU in software that Chromium brings along. */
const hasVulkan = () =>
  ['x86_64', 'aarch64'].some((cpu) => existsSync(`/usr/lib/${cpu}-linux-gnu/libvulkan.so.1`));

/** Installs what is missing on this machine. */
export async function ensureTestTools() {
  const search = await searchOrthanc();
  const missing = [
    ...(search.found ? [] : search.missing),
    ...(onPath('chromium') ? [] : ['chromium']),
    ...(hasVulkan() ? [] : ['libvulkan1']),
    ...(onPath('dciodvfy') ? [] : ['dicom3tools']),
    ...(onPath('dcmcjpeg') ? [] : ['dcmtk']),
    ...(onPath('gdcmconv') ? [] : ['libgdcm-tools']),
    ...(onPath('opj_decompress') ? [] : ['libopenjp2-tools']),
    ...(succeeds('/usr/bin/python3', ['-c', 'import pydicom, numpy'])
      ? []
      : ['python3-pydicom', 'python3-numpy']),
    ...(succeeds('/usr/bin/python3', ['-c', 'import torch']) ? [] : ['python3-torch']),
    ...(onPath('xz') ? [] : ['xz-utils']),
    ...(existsSync('/usr/lib/postgresql') ? [] : ['postgresql']),
  ];
  if (missing.length > 0)
    await installPackages(missing, 'The tests run real programs that are not on this machine.');
}
