/**
 * All SQL of the store, in one place. It is plain PostgreSQL and runs unchanged on the embedded PGlite and on a
 * PostgreSQL server. Everything lives in the schema `nodulelab`; the job queue keeps its own schema beside it.
 *
 * A migration is never edited once it is released: a change is a new entry at the end.
 */

export const SCHEMA = 'nodulelab';

/** Serialises migrations of several servers on one PostgreSQL; the number is arbitrary, but fixed. */
const MIGRATION_LOCK = 6_403_117;

export const migration = {
  lock: `SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`,
  prepare: `
    CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
    CREATE TABLE IF NOT EXISTS ${SCHEMA}.version (
      number integer PRIMARY KEY,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`,
  current: `SELECT coalesce(max(number), 0)::integer AS number FROM ${SCHEMA}.version`,
  record: `INSERT INTO ${SCHEMA}.version (number) VALUES ($1)`,
};

/** Entry n brings a database from version n to n + 1. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE ${SCHEMA}.series (
    series_uid text PRIMARY KEY,
    study_uid text NOT NULL,
    patient_id text NOT NULL,
    modality text NOT NULL,
    description text NOT NULL,
    instances integer NOT NULL,
    origin text NOT NULL CHECK (origin IN ('imported', 'phantom', 'synthetic'))
  );
  CREATE INDEX series_study ON ${SCHEMA}.series (study_uid);

  CREATE TABLE ${SCHEMA}.nodule (
    id text PRIMARY KEY,
    series_uid text NOT NULL,
    number integer NOT NULL,
    nodule jsonb NOT NULL,
    UNIQUE (series_uid, number)
  );

  CREATE TABLE ${SCHEMA}.candidate (
    id text PRIMARY KEY,
    candidate jsonb NOT NULL
  );

  CREATE TABLE ${SCHEMA}.derived (
    series_uid text PRIMARY KEY,
    study_uid text NOT NULL,
    source_series_uid text NOT NULL,
    candidate_id text NOT NULL,
    centre jsonb NOT NULL,
    diameter_mm double precision NOT NULL,
    parameters jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('writing', 'complete'))
  );
  CREATE INDEX derived_source ON ${SCHEMA}.derived (source_series_uid);

  CREATE TABLE ${SCHEMA}.setting (
    key text PRIMARY KEY,
    value jsonb NOT NULL
  );

  CREATE TABLE ${SCHEMA}.audit (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    details jsonb NOT NULL
  );
  CREATE FUNCTION ${SCHEMA}.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    RAISE EXCEPTION 'the audit trail is append-only: % is refused', TG_OP;
  END
  $body$;
  CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${SCHEMA}.audit
    FOR EACH STATEMENT EXECUTE FUNCTION ${SCHEMA}.audit_is_append_only();
  `,
];

const SERIES_COLUMNS = `
  series_uid AS "seriesInstanceUID", study_uid AS "studyInstanceUID", patient_id AS "patientId", modality,
  description, instances, origin`;

export const series = {
  upsert: `
    INSERT INTO ${SCHEMA}.series (series_uid, study_uid, patient_id, modality, description, instances, origin)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (series_uid) DO UPDATE SET
      study_uid = excluded.study_uid, patient_id = excluded.patient_id, modality = excluded.modality,
      description = excluded.description, instances = excluded.instances, origin = excluded.origin`,
  get: `SELECT ${SERIES_COLUMNS} FROM ${SCHEMA}.series WHERE series_uid = $1`,
  list: `SELECT ${SERIES_COLUMNS} FROM ${SCHEMA}.series ORDER BY patient_id, study_uid, series_uid`,
  ofStudy: `SELECT ${SERIES_COLUMNS} FROM ${SCHEMA}.series WHERE study_uid = $1 ORDER BY series_uid`,
};

export const nodules = {
  clear: `DELETE FROM ${SCHEMA}.nodule WHERE series_uid = $1`,
  insert: `INSERT INTO ${SCHEMA}.nodule (id, series_uid, number, nodule) VALUES ($1, $2, $3, $4::jsonb)`,
  ofSeries: `SELECT nodule FROM ${SCHEMA}.nodule WHERE series_uid = $1 ORDER BY number`,
  get: `SELECT nodule FROM ${SCHEMA}.nodule WHERE id = $1`,
  list: `SELECT nodule FROM ${SCHEMA}.nodule ORDER BY series_uid, number`,
};

export const candidates = {
  put: `
    INSERT INTO ${SCHEMA}.candidate (id, candidate) VALUES ($1, $2::jsonb)
    ON CONFLICT (id) DO UPDATE SET candidate = excluded.candidate`,
  get: `SELECT candidate FROM ${SCHEMA}.candidate WHERE id = $1`,
};

const DERIVED_COLUMNS = `
  series_uid AS "seriesInstanceUID", study_uid AS "studyInstanceUID",
  source_series_uid AS "sourceSeriesInstanceUID", candidate_id AS "candidateId", centre,
  diameter_mm AS "diameterMm", parameters, created_at AS "createdAt", state`;

export const derived = {
  begin: `
    INSERT INTO ${SCHEMA}.derived
      (series_uid, study_uid, source_series_uid, candidate_id, centre, diameter_mm, parameters, created_at, state)
    VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7::jsonb, $8, 'writing')
    ON CONFLICT (series_uid) DO NOTHING
    RETURNING series_uid`,
  complete: `
    UPDATE ${SCHEMA}.derived SET state = 'complete' WHERE series_uid = $1 AND state = 'writing'
    RETURNING series_uid`,
  abandon: `DELETE FROM ${SCHEMA}.derived WHERE series_uid = $1 AND state = 'writing' RETURNING series_uid`,
  get: `SELECT ${DERIVED_COLUMNS} FROM ${SCHEMA}.derived WHERE series_uid = $1`,
  ofSource: `
    SELECT ${DERIVED_COLUMNS} FROM ${SCHEMA}.derived
    WHERE source_series_uid = $1 AND state = 'complete' ORDER BY created_at, series_uid`,
  unfinished: `
    SELECT ${DERIVED_COLUMNS} FROM ${SCHEMA}.derived WHERE state = 'writing' ORDER BY created_at, series_uid`,
};

export const settings = {
  get: `SELECT value FROM ${SCHEMA}.setting WHERE key = $1`,
  set: `
    INSERT INTO ${SCHEMA}.setting (key, value) VALUES ($1, $2::jsonb)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
};

export const audit = {
  append: `INSERT INTO ${SCHEMA}.audit (at, action, subject, details) VALUES ($1, $2, $3, $4::jsonb)`,
  list: `SELECT number, at, action, subject, details FROM ${SCHEMA}.audit ORDER BY number`,
};
