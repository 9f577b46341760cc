// Python's onnxruntime for the tests that open exported models with it, in a virtual environment of its own. Where it
// cannot be had (no Python, no network), those tests are skipped by name.
import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ROOT, runQuietly, succeeds } from './processes.mjs';
import { say, step } from './terminal.mjs';

const VERSION = '1.30.0';
const FOLDER = path.join(ROOT, '.nodulelab', 'python', 'onnxruntime');
const pythonIn = (folder) => path.join(folder, 'bin', 'python');

export async function ensurePythonOnnx() {
  if (
    succeeds(pythonIn(FOLDER), ['-c', `import onnxruntime; assert onnxruntime.__version__ == '${VERSION}'`])
  )
    return;
  rmSync(FOLDER, { recursive: true, force: true });
  const failure = 'Python cannot open exported models here: tests that need it are skipped.';
  const interpreter = ['python3', '/usr/bin/python3'].find((name) =>
    succeeds(name, ['-c', 'import ensurepip, venv']),
  );
  if (interpreter === undefined) return say(failure);
  // Under another name until it is whole: what a stopped installation leaves must not look like one.
  const partial = `${FOLDER}.partial`;
  try {
    await step(`Installing onnxruntime ${VERSION} for Python`, async () => {
      rmSync(partial, { recursive: true, force: true });
      await runQuietly(interpreter, ['-m', 'venv', partial], { failure });
      await runQuietly(
        pythonIn(partial),
        ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', `onnxruntime==${VERSION}`],
        { failure },
      );
      renameSync(partial, FOLDER);
    });
  } catch (error) {
    say(error.message);
  }
  if (existsSync(partial)) rmSync(partial, { recursive: true, force: true });
}
