/** What every engine offers. An engine runs the programs of the tensor room; it never falls back to another one. */
import type { Program } from '../tensor/index.ts';

/** Values by name, row-major. */
export type Values = Readonly<Record<string, Float32Array>>;

export interface Executable {
  /** Runs the program once. Every input of the program must be fed with as many values as its shape holds. */
  run(feeds: Values): Promise<Record<string, Float32Array>>;
  release(): Promise<void>;
}

/** The output of a program that replaces the value `name` of a session's state. */
export const next = (name: string): string => `next.${name}`;

/** Programs that share a state, such as weights and moments, which stays where the engine computes. */
export interface Session {
  /**
   * Runs one of the programs. Inputs that are part of the state are taken from it, all others are fed. Outputs named
   * `next(name)` replace the state's values; the others come back. After a run
   * that failed half way the state is undefined; feeds that do not fit are refused before it begins.
   */
  run(program: string, feeds: Values): Promise<Record<string, Float32Array>>;
  /** A copy of the whole state. */
  read(): Promise<Record<string, Float32Array>>;
  release(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  /**
   * Whether every run of a session carries the state from the host to another device and back. Where it does, many
   * steps in one program (see sequence.ts) save more than their size costs.
   */
  readonly stateCrossesHost: boolean;
  compile(program: Program): Promise<Executable>;
  /** Compiles programs around a state, which is copied. */
  open(programs: Readonly<Record<string, Program>>, state: Values): Promise<Session>;
}

export interface EngineReport {
  readonly name: string;
  readonly available: boolean;
  readonly version: string;
  /** Why it is not available, or what it runs on. */
  readonly reason: string;
}
