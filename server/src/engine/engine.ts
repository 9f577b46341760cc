/** What every engine offers. An engine runs the programs of the tensor room; it never falls back to another one. */
import type { Program } from '../tensor/index.ts';

/** Values by name, row-major. */
export type Values = Readonly<Record<string, Float32Array>>;

export interface Executable {
  /** Runs the program once. Every input of the program must be fed with as many values as its shape holds. */
  run(feeds: Values): Promise<Record<string, Float32Array>>;
  release(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  compile(program: Program): Promise<Executable>;
}

export interface EngineReport {
  readonly name: string;
  readonly available: boolean;
  readonly version: string;
  /** Why it is not available, or what it runs on. */
  readonly reason: string;
}
