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
  // Edits are recorded whole, and a synthetic CT has a segmentation and a report. What earlier versions knew is kept.
  `
  ALTER TABLE ${SCHEMA}.derived
    ADD COLUMN code_version text,
    ADD COLUMN edits jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN earlier jsonb,
    ADD COLUMN touched_at timestamptz NOT NULL DEFAULT now();
  UPDATE ${SCHEMA}.derived SET earlier = jsonb_build_object(
    'candidateId', candidate_id, 'centre', centre, 'diameterMm', diameter_mm, 'parameters', parameters);
  ALTER TABLE ${SCHEMA}.derived
    DROP COLUMN candidate_id, DROP COLUMN centre, DROP COLUMN diameter_mm, DROP COLUMN parameters;

  CREATE TABLE ${SCHEMA}.companion (
    series_uid text PRIMARY KEY,
    sop_uid text NOT NULL,
    ct_series_uid text NOT NULL REFERENCES ${SCHEMA}.derived (series_uid) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('segmentation', 'report')),
    UNIQUE (ct_series_uid, role)
  );
  `,
  // Voxels of the edits. A series that is taken back takes them with it, in the same statement.
  `
  CREATE TABLE ${SCHEMA}.fingerprint (
    series_uid text NOT NULL,
    number integer NOT NULL,
    source_series_uid text NOT NULL,
    columns integer NOT NULL,
    rows integer NOT NULL,
    fingerprint jsonb NOT NULL,
    entered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (series_uid, number)
  );
  CREATE INDEX fingerprint_size ON ${SCHEMA}.fingerprint (columns, rows);
  CREATE FUNCTION ${SCHEMA}.forget_fingerprints() RETURNS trigger LANGUAGE plpgsql AS $body$
  BEGIN
    DELETE FROM ${SCHEMA}.fingerprint WHERE series_uid = OLD.series_uid;
    RETURN OLD;
  END
  $body$;
  CREATE TRIGGER derived_forgets_fingerprints AFTER DELETE ON ${SCHEMA}.derived
    FOR EACH ROW EXECUTE FUNCTION ${SCHEMA}.forget_fingerprints();
  `,
  // What users marked, each state of it a segmentation and a report of their own.
  `
  CREATE TABLE ${SCHEMA}.annotation (
    segmentation_series_uid text PRIMARY KEY,
    segmentation_uid text NOT NULL,
    report_series_uid text NOT NULL UNIQUE,
    report_uid text NOT NULL,
    nodule_id text NOT NULL,
    ct_series_uid text NOT NULL,
    state text NOT NULL CHECK (state IN ('writing', 'complete', 'leaving')),
    touched_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX annotation_nodule ON ${SCHEMA}.annotation (nodule_id);
  `,
  // Accounts of a shared server. A name is never given twice, so that the audit trail means one person by it.
  `
  CREATE TABLE ${SCHEMA}.account (
    name text PRIMARY KEY,
    role text NOT NULL CHECK (role IN ('reader', 'annotator', 'admin')),
    token_hash text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
  );
  CREATE TABLE ${SCHEMA}.session (
    hash text PRIMARY KEY,
    account text NOT NULL REFERENCES ${SCHEMA}.account (name),
    expires_at timestamptz NOT NULL
  );
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
  /** Numbers are given out one after the other, whoever else asks for one. */
  lock: `LOCK TABLE ${SCHEMA}.nodule IN SHARE ROW EXCLUSIVE MODE`,
  clear: `DELETE FROM ${SCHEMA}.nodule WHERE series_uid = $1`,
  remove: `DELETE FROM ${SCHEMA}.nodule WHERE id = $1 RETURNING id`,
  replace: `
    UPDATE ${SCHEMA}.nodule SET nodule = $2::jsonb
    WHERE id = $1 AND nodule -> 'annotation' -> 'report' ->> 'sopInstanceUID' = $3 RETURNING id`,
  insert: `INSERT INTO ${SCHEMA}.nodule (id, series_uid, number, nodule) VALUES ($1, $2, $3, $4::jsonb)`,
  outline: `
    UPDATE ${SCHEMA}.nodule SET nodule = jsonb_set(nodule, '{consensusContours}', $2::jsonb) WHERE id = $1`,
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

const companionOf = (role: string): string => `(
    SELECT jsonb_build_object('seriesInstanceUID', c.series_uid, 'sopInstanceUID', c.sop_uid)
    FROM ${SCHEMA}.companion c WHERE c.ct_series_uid = d.series_uid AND c.role = '${role}')`;

const DERIVED = `
  SELECT d.series_uid AS "seriesInstanceUID", d.study_uid AS "studyInstanceUID",
    d.source_series_uid AS "sourceSeriesInstanceUID", d.code_version AS "codeVersion", d.edits, d.earlier,
    ${companionOf('segmentation')} AS segmentation, ${companionOf('report')} AS report,
    d.created_at AS "createdAt", d.state
  FROM ${SCHEMA}.derived d`;

export const derived = {
  begin: `
    INSERT INTO ${SCHEMA}.derived
      (series_uid, study_uid, source_series_uid, code_version, edits, earlier, created_at, state)
    VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7, 'writing')
    ON CONFLICT (series_uid) DO NOTHING
    RETURNING series_uid`,
  beginCompanion: `
    INSERT INTO ${SCHEMA}.companion (series_uid, sop_uid, ct_series_uid, role)
    SELECT $1::text, $2, $3, $4 WHERE NOT EXISTS (SELECT 1 FROM ${SCHEMA}.derived WHERE series_uid = $1::text)
    ON CONFLICT (series_uid) DO NOTHING
    RETURNING series_uid`,
  complete: `
    UPDATE ${SCHEMA}.derived SET state = 'complete' WHERE series_uid = $1 AND state = 'writing'
    RETURNING series_uid`,
  abandon: `DELETE FROM ${SCHEMA}.derived WHERE series_uid = $1 AND state = 'writing' RETURNING series_uid`,
  get: `${DERIVED} WHERE d.series_uid = $1`,
  isOurs: `
    SELECT 1 FROM ${SCHEMA}.derived WHERE series_uid = $1
    UNION ALL SELECT 1 FROM ${SCHEMA}.companion WHERE series_uid = $1
    UNION ALL SELECT 1 FROM ${SCHEMA}.annotation WHERE $1 IN (segmentation_series_uid, report_series_uid)`,
  ofSource: `${DERIVED} WHERE d.source_series_uid = $1 AND d.state = 'complete' ORDER BY d.created_at, d.series_uid`,
  unfinished: `${DERIVED} WHERE d.state = 'writing' ORDER BY d.created_at, d.series_uid`,
  silent: `
    ${DERIVED} WHERE d.state = 'writing' AND d.touched_at < now() - make_interval(secs => $1)
    ORDER BY d.created_at, d.series_uid`,
  touch: `UPDATE ${SCHEMA}.derived SET touched_at = now() WHERE series_uid = $1 AND state = 'writing'`,
};

const ANNOTATION = `
  SELECT nodule_id AS "noduleId", ct_series_uid AS "ctSeriesInstanceUID", state,
    jsonb_build_object('seriesInstanceUID', segmentation_series_uid, 'sopInstanceUID', segmentation_uid) AS segmentation,
    jsonb_build_object('seriesInstanceUID', report_series_uid, 'sopInstanceUID', report_uid) AS report
  FROM ${SCHEMA}.annotation`;

export const annotations = {
  begin: `
    INSERT INTO ${SCHEMA}.annotation
      (segmentation_series_uid, segmentation_uid, report_series_uid, report_uid, nodule_id, ct_series_uid, state)
    VALUES ($1, $2, $3, $4, $5, $6, 'writing')`,
  complete: `
    UPDATE ${SCHEMA}.annotation SET state = 'complete' WHERE segmentation_series_uid = $1 AND state = 'writing'
    RETURNING nodule_id`,
  leave: `
    UPDATE ${SCHEMA}.annotation SET state = 'leaving', touched_at = now() WHERE nodule_id = $1 AND state = 'complete'
    RETURNING segmentation_series_uid AS uid`,
  abandon: `DELETE FROM ${SCHEMA}.annotation WHERE segmentation_series_uid = $1 AND state <> 'complete'`,
  get: `${ANNOTATION} WHERE segmentation_series_uid = $1`,
  unfinished: `${ANNOTATION} WHERE state <> 'complete' ORDER BY segmentation_series_uid`,
  silent: `
    ${ANNOTATION} WHERE state <> 'complete' AND touched_at < now() - make_interval(secs => $1)
    ORDER BY segmentation_series_uid`,
  touch: `
    UPDATE ${SCHEMA}.annotation SET touched_at = now() WHERE segmentation_series_uid = $1 AND state <> 'complete'`,
};

const ACCOUNT_COLUMNS = 'name, role, created_at AS "createdAt", revoked_at AS "revokedAt"';

export const accounts = {
  lock: `LOCK TABLE ${SCHEMA}.account IN SHARE ROW EXCLUSIVE MODE`,
  add: `
    INSERT INTO ${SCHEMA}.account (name, role, token_hash, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (name) DO NOTHING RETURNING name`,
  list: `SELECT ${ACCOUNT_COLUMNS} FROM ${SCHEMA}.account ORDER BY created_at, name`,
  revoke: `
    UPDATE ${SCHEMA}.account SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL RETURNING ${ACCOUNT_COLUMNS}`,
  byToken: `SELECT ${ACCOUNT_COLUMNS} FROM ${SCHEMA}.account WHERE token_hash = $1 AND revoked_at IS NULL`,
  beginSession: `INSERT INTO ${SCHEMA}.session (hash, account, expires_at) VALUES ($1, $2, $3)`,
  bySession: `
    SELECT ${ACCOUNT_COLUMNS} FROM ${SCHEMA}.account JOIN ${SCHEMA}.session s ON s.account = name
    WHERE s.hash = $1 AND s.expires_at > $2 AND revoked_at IS NULL`,
  endSession: `DELETE FROM ${SCHEMA}.session WHERE hash = $1`,
  endExpired: `DELETE FROM ${SCHEMA}.session WHERE expires_at < $1`,
  endSessionsOf: `DELETE FROM ${SCHEMA}.session WHERE account = $1`,
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

export const fingerprints = {
  insert: `
    INSERT INTO ${SCHEMA}.fingerprint (series_uid, number, source_series_uid, columns, rows, fingerprint)
    VALUES ($1, $2, $3, $4, $5, $6::jsonb)`,
  remove: `DELETE FROM ${SCHEMA}.fingerprint WHERE series_uid = $1`,
  ofSize: `
    SELECT series_uid AS "seriesInstanceUID", source_series_uid AS "sourceSeriesInstanceUID", fingerprint
    FROM ${SCHEMA}.fingerprint WHERE columns = $1 AND rows = $2 ORDER BY entered_at, series_uid, number`,
  count: `SELECT count(*)::integer AS count FROM ${SCHEMA}.fingerprint`,
};
