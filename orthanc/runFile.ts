/** What a running Orthanc leaves beside its storage, so that a later start knows it: process ids and port. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RunRecord {
  /** Process id of Orthanc. */
  readonly pid: number;
  /** Process id of the NoduleLab process that started (or adopted) it. */
  readonly owner: number;
  readonly port: number;
}

const fileIn = (dir: string): string => join(dir, 'orthanc.run.json');

function isRunRecord(value: unknown): value is RunRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['pid', 'owner', 'port'].every((key) => Number.isInteger((value as Record<string, unknown>)[key]))
  );
}

/** The record of the last run; undefined where there is none or it is damaged. */
export function readRunRecord(dir: string): RunRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(fileIn(dir), 'utf8'));
    return isRunRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function writeRunRecord(dir: string, record: RunRecord): void {
  writeFileSync(fileIn(dir), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

export function removeRunRecord(dir: string): void {
  rmSync(fileIn(dir), { force: true });
}

/** True where a process of that id exists, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
