/** Python's onnxruntime, which scripts/test.mjs puts into a virtual environment; absent where pip could not get it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PYTHON = join(import.meta.dirname, '../../.nodulelab/python/onnxruntime/bin/python');

export const hasPythonOnnx = existsSync(PYTHON);

const SCRIPT = `
import json, sys
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
inputs = {one.name: one.shape for one in session.get_inputs()}
feeds = {name: numpy.fromfile(sys.argv[2] + "/in." + name, dtype="<f4").reshape(shape) for name, shape in inputs.items()}
names = [one.name for one in session.get_outputs()]
results = dict(zip(names, session.run(names, feeds)))
for name, values in results.items():
    values.astype("<f4").tofile(sys.argv[2] + "/out." + name)
facts = session.get_modelmeta()
print(json.dumps({
    "inputs": inputs,
    "outputs": {name: list(values.shape) for name, values in results.items()},
    "metadata": facts.custom_metadata_map,
    "description": facts.description,
}))
`;

export interface RunInPython {
  /** Shapes by name. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly description: string;
  readonly values: Readonly<Record<string, Float32Array>>;
}

/** What Python's onnxruntime makes of these values, which it gives the shapes that the file states. */
export function runInPython(onnx: Uint8Array, feeds: Readonly<Record<string, Float32Array>>): RunInPython {
  const folder = mkdtempSync(join(tmpdir(), 'nodulelab-python-'));
  try {
    const model = join(folder, 'model.onnx');
    writeFileSync(model, onnx);
    for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(feeds))
      writeFileSync(join(folder, `in.${name}`), new Uint8Array(buffer, byteOffset, byteLength));
    const said = JSON.parse(
      execFileSync(PYTHON, ['-c', SCRIPT, model, folder], { encoding: 'utf8' }),
    ) as Omit<RunInPython, 'values'>;
    const read = (name: string): Float32Array =>
      new Float32Array(new Uint8Array(readFileSync(join(folder, `out.${name}`))).buffer);
    const values = Object.fromEntries(Object.keys(said.outputs).map((name) => [name, read(name)]));
    return { ...said, values };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
