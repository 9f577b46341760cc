/** The guard of originals and the rule for write-back. */
export {
  decideArchiveRequest,
  type ArchiveDecision,
  type ArchiveKnowledge,
  type ArchiveRequest,
} from './archiveRequests.ts';
export { createGuardedArchive, type GuardedArchive, type SeriesRegistry } from './guardedArchive.ts';
export { type Least, mayReach, ROUTE_ROLES } from './routeRoles.ts';
export { mayWriteBack, type WriteBackDecision } from './writeBack.ts';
