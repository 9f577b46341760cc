/** Ends child processes when this process ends, whatever way short of SIGKILL. One set of handlers for all of them. */
const guarded = new Set<number>();
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
let installed = false;

function endAll(): void {
  for (const pid of guarded) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It is gone already.
    }
  }
  guarded.clear();
}

const handlers = SIGNALS.map((signal) => ({
  signal,
  handle(): void {
    // Where somebody else handles the signal, that one shuts down in order and stops its children itself.
    if (process.listenerCount(signal) > 1) return;
    endAll();
    uninstall();
    process.kill(process.pid, signal);
  },
}));

function install(): void {
  if (installed) return;
  installed = true;
  process.on('exit', endAll);
  for (const { signal, handle } of handlers) process.on(signal, handle);
}

function uninstall(): void {
  installed = false;
  process.removeListener('exit', endAll);
  for (const { signal, handle } of handlers) process.removeListener(signal, handle);
}

/** Guards a process; the function that comes back lifts the guard. */
export function endWithThisProcess(pid: number): () => void {
  guarded.add(pid);
  install();
  return () => {
    guarded.delete(pid);
    if (guarded.size === 0) uninstall();
  };
}
