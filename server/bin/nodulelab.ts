#!/usr/bin/env node
import { main } from '../src/cli/main.ts';
import { endWithParent, runWithTunedMemory, wantsTunedMemory } from '../src/cli/tunedProcess.ts';

const args = process.argv.slice(2);
endWithParent();
process.exitCode = wantsTunedMemory(args)
  ? await runWithTunedMemory(import.meta.filename, args)
  : await main(args, process);
