/** A session for engines that compute on the host's memory: the state is fed to every run and read from its results. */
import type { Program } from '../tensor/index.ts';
import { next, type Executable, type Session, type Values } from './engine.ts';

export async function openHostSession(
  compile: (program: Program) => Promise<Executable>,
  programs: Readonly<Record<string, Program>>,
  state: Values,
): Promise<Session> {
  const executables: Record<string, Executable> = {};
  for (const [name, program] of Object.entries(programs)) executables[name] = await compile(program);
  const current = copied(state);
  return {
    async run(program, feeds) {
      const results = await executables[program]!.run({ ...current, ...feeds });
      for (const name of Object.keys(current)) {
        const value = results[next(name)];
        if (value === undefined) continue;
        current[name] = value;
        delete results[next(name)];
      }
      return results;
    },
    read: () => Promise.resolve(copied(current)),
    async release() {
      for (const executable of Object.values(executables)) await executable.release();
    },
  };
}

const copied = (values: Values): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.slice()]));
