/** `node probeProcess.ts NAME`: probes one engine and writes its report as one line of JSON on standard output. */
import { ENGINE_NAMES, probeHere } from './registry.ts';

const name = ENGINE_NAMES.find((known) => known === process.argv[2]);
if (name === undefined) throw new Error(`probeProcess.ts needs one of: ${ENGINE_NAMES.join(', ')}`);
process.stdout.write(`${JSON.stringify(await probeHere(name))}\n`);
