/** The Vulkan driver that tests of WebGPU run on. */
import { existsSync } from 'node:fs';

/** A GPU in software that Debian's Chromium brings along. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * An environment in which a process finds a Vulkan device: the one in software where it is there, so that all machines
 * test the same; else whatever this machine has.
 */
export const vulkanEnvironment = (): NodeJS.ProcessEnv =>
  existsSync(SWIFTSHADER) ? { ...process.env, VK_ICD_FILENAMES: SWIFTSHADER } : { ...process.env };
