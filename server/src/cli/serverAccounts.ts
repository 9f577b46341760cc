/** Whether a server has accounts, and the first of them. */
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type AccountGuardOptions, newLocalToken } from '../http/accountGuard.ts';
import { type Accounts, createAccounts } from '../services/accounts.ts';
import type { Store } from '../store/store.ts';
import { NoduleLabError } from '../volume/errors.ts';

const FIRST_ADMIN = 'admin';
const FIRST_TOKEN = 'first-admin-token';

/** @param host that the server listens on */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Off where only this machine reaches the server, on everywhere else, unless it is said otherwise. */
export const wantsAccounts = (
  { host, allowHost }: { readonly host: string; readonly allowHost: readonly string[] },
  said: boolean | undefined,
): boolean =>
  // A further name means another web server in front, which brings others here over loopback.
  said ?? (!isLoopback(host) || allowHost.length > 0);

/**
 * Where there is no admin yet, one is added, and its token stands in a file that only whoever runs the server may read: what goes
 * to the terminal stays in logs.
 */
export async function openAccounts(
  dataDir: string,
  store: Store,
  now: () => Date,
  note: (text: string) => void,
): Promise<AccountGuardOptions> {
  const accounts = createAccounts({ store, now, randomBytes });
  const token = await addFirstAdmin(accounts);
  if (token !== null) {
    const path = join(dataDir, FIRST_TOKEN);
    await rm(path, { force: true });
    await writeFile(path, `${token}\n`, { mode: 0o600 });
    note(
      `The server has accounts. The token of its first admin is in ${path}: sign in with it, then delete the file`,
    );
  }
  return { accounts, localToken: newLocalToken() };
}

/** @returns null where there is an admin already */
async function addFirstAdmin(accounts: Accounts): Promise<string | null> {
  const list = await accounts.list();
  if (list.some(({ role, revokedAt }) => role === 'admin' && revokedAt === null)) return null;
  const taken = new Set(list.map(({ name }) => name));
  let name = FIRST_ADMIN;
  for (let n = 2; taken.has(name); n++) name = `${FIRST_ADMIN}-${n}`;
  try {
    return (await accounts.add({ name, role: 'admin' }, 'this machine')).token;
  } catch (error) {
    // Another server on the same database was quicker.
    if (error instanceof NoduleLabError && error.kind === 'conflict') return addFirstAdmin(accounts);
    throw error;
  }
}
