/** Commands that train run in a process of their own, which gets its memory in the way that suits a training. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { memoryIsTuned, TRAINING_ENVIRONMENT } from '../engine/hostMemory.ts';

/** Whether these arguments may train, and this process was not started for that. */
export const wantsTunedMemory = (args: readonly string[]): boolean =>
  process.platform === 'linux' && args.includes('train') && !memoryIsTuned(process.env);

/** Runs this program again with the same arguments, terminal and signals; answers its exit status. */
export function runWithTunedMemory(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
      // Through the channel the child learns if this process goes away without a word.
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...TRAINING_ENVIRONMENT },
    });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', pass).off('SIGTERM', pass);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** In such a process: ends as after SIGTERM when the one that started it has gone. */
export function endWithParent(): void {
  if (process.channel === undefined || !memoryIsTuned(process.env)) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
