/**
 * How a process that trains should get its memory from the system. A training's programs take and give back gigabytes
 * at every step. The C library by default returns large blocks at once, and touching them anew costs more than many a
 * computation; ONNX Runtime's arena avoids that, but one arena a program keeps several times what is in use.
 *
 * glibc reads these variables when a process starts, so they are given to a process that is started for training;
 * other systems ignore them, and there the arenas stay.
 */
export const TRAINING_ENVIRONMENT: Readonly<Record<string, string>> = {
  // Large blocks come from the heap, which is never handed back, and blocks that are freed are used again.
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: '1000000000000',
  MALLOC_TOP_PAD_: String(64 * 2 ** 20),
  // One heap for all threads: what one frees, another may use.
  MALLOC_ARENA_MAX: '1',
  // The heap in large pages.
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
};

/** Whether this process was started with `TRAINING_ENVIRONMENT`, on a system that knows it. */
export const memoryIsTuned = (environment: NodeJS.ProcessEnv): boolean =>
  process.platform === 'linux' &&
  environment['MALLOC_MMAP_MAX_'] === TRAINING_ENVIRONMENT['MALLOC_MMAP_MAX_'];
