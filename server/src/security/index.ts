/** The guard of originals and the rule for write-back. */
export { createGuardedArchive, type GuardedArchive, type SeriesRegistry } from './guardedArchive.ts';
export { mayWriteBack, type WriteBackDecision } from './writeBack.ts';
