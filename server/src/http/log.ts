/** The server's log: JSON lines in a file, or on stderr where none is given. Quiet: what went wrong, and the start. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Logger, destination, pino } from 'pino';

export function openLog(file?: string | undefined): Logger {
  if (file !== undefined) mkdirSync(path.dirname(file), { recursive: true });
  return pino(
    { level: process.env['NODULELAB_LOG_LEVEL'] ?? 'info', base: null },
    destination({ dest: file ?? 2, sync: true }),
  );
}
