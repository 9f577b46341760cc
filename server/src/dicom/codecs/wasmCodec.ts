/**
 * Decoders compiled to WebAssembly (Emscripten, MODULARIZE), started without waiting: the loader takes an instance that
 * was made synchronously, so that a CT is read by a plain function whatever its transfer syntax.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CodecError } from './codecError.ts';

export interface WasmFrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
}

export interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): WasmFrameInfo;
  delete(): void;
}

export interface WasmLibrary<Name extends string> {
  /** Module ids of the loader and of its WebAssembly. */
  readonly loader: string;
  readonly wasm: string;
  /** Name of its class. */
  readonly decoder: Name;
}

type EmscriptenModule<Name extends string> = Partial<Record<Name, new () => WasmDecoder>>;
type Instantiate = (
  imports: WebAssembly.Imports,
  receive: (instance: WebAssembly.Instance) => void,
) => WebAssembly.Exports;

const require = createRequire(import.meta.url);
const SILENT = { print: () => undefined, printErr: () => undefined };
const HANDLED = ['uncaughtException', 'unhandledRejection'] as const;

/** Runs the loader; the handlers for errors of the whole process that it brings along are taken off again. */
function withoutItsHandlers(load: () => void): void {
  const before = HANDLED.map((event) => new Set<unknown>(process.listeners(event as 'uncaughtException')));
  load();
  HANDLED.forEach((event, index) => {
    for (const listener of process.listeners(event as 'uncaughtException'))
      if (!before[index]!.has(listener)) process.removeListener(event, listener);
  });
}

function start<Name extends string>(library: WasmLibrary<Name>): new () => WasmDecoder {
  const compiled = new WebAssembly.Module(readFileSync(require.resolve(library.wasm)));
  const module: EmscriptenModule<Name> & typeof SILENT & { instantiateWasm: Instantiate } = {
    ...SILENT,
    instantiateWasm(imports, receive) {
      const instance = new WebAssembly.Instance(compiled, imports);
      receive(instance);
      return instance.exports;
    },
  } as EmscriptenModule<Name> & typeof SILENT & { instantiateWasm: Instantiate };
  const factory = require(library.loader) as (module: object) => unknown;
  withoutItsHandlers(() => void factory(module));
  const decoder = module[library.decoder];
  if (decoder === undefined) throw new Error(`${library.loader} does not start without waiting`);
  return decoder;
}

export interface DecodedBytes {
  readonly info: WasmFrameInfo;
  readonly bytes: Uint8Array;
}

/** A decoder that starts its library when it is first used, and anew after a failure: a failed one leaves its memory undefined. */
export function wasmDecoder<Name extends string>(
  library: WasmLibrary<Name>,
): (frame: Uint8Array) => DecodedBytes {
  let Decoder: (new () => WasmDecoder) | undefined;
  return (frame) => {
    Decoder ??= start(library);
    try {
      const decoder = new Decoder();
      decoder.getEncodedBuffer(frame.length).set(frame);
      decoder.decode();
      const info = { ...decoder.getFrameInfo() };
      const bytes = decoder.getDecodedBuffer().slice();
      decoder.delete();
      if (info.width === 0 || bytes.length === 0) throw new CodecError('its data are damaged or cut short');
      return { info, bytes };
    } catch (cause) {
      Decoder = undefined;
      if (cause instanceof CodecError) throw cause;
      throw new CodecError('its data are damaged or cut short', { cause });
    }
  };
}
