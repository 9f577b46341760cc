/** The store: a database, embedded or shared, and content-addressed artefacts. */
export { openStore, type Store, type StoreOptions } from './store.ts';
export type { Artefacts } from './artefacts.ts';
export type { CandidateMeta, CandidatesTable } from './candidatesTable.ts';
export type { DerivedTable } from './derivedTable.ts';
export type { NodulesTable } from './nodulesTable.ts';
export type { AuditRow, DerivedRow, SeriesRow } from './rows.ts';
export type { SeriesTable } from './seriesTable.ts';
export type { Json, SettingsTable } from './settingsTable.ts';
