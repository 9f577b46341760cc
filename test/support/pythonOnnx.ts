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
latent = numpy.fromfile(sys.argv[2], dtype="<f4").reshape(1, -1)
(source,), (result,) = session.get_inputs(), session.get_outputs()
(image,) = session.run(None, {source.name: latent})
image.astype("<f4").tofile(sys.argv[3])
print(json.dumps({"input": [source.name, source.shape], "output": [result.name, list(image.shape)]}))
`;

/** What Python's onnxruntime makes of a latent vector. */
export function sampleInPython(
  onnx: Uint8Array,
  latent: Float32Array,
): { input: [string, number[]]; output: [string, number[]]; image: Float32Array } {
  const folder = mkdtempSync(join(tmpdir(), 'nodulelab-python-'));
  try {
    const [model, source, result] = ['m.onnx', 'latent', 'image'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(model, onnx);
    writeFileSync(source, new Uint8Array(latent.buffer, latent.byteOffset, latent.byteLength));
    const said = execFileSync(PYTHON, ['-c', SCRIPT, model, source, result], { encoding: 'utf8' });
    return {
      ...(JSON.parse(said) as { input: [string, number[]]; output: [string, number[]] }),
      image: new Float32Array(new Uint8Array(readFileSync(result)).buffer),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
