/** Whether a server has accounts, and the first of them. */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { type AccountGuardOptions, newLocalToken } from '../http/accountGuard.ts';
import { createAccounts } from '../services/accounts.ts';
import type { Store } from '../store/store.ts';

const FIRST_ADMIN = 'admin';

/** @param host that the server listens on */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Off on loopback, on everywhere else, unless it is said otherwise. */
export const wantsAccounts = (host: string, said: boolean | undefined): boolean => said ?? !isLoopback(host);

/** @param note told the token of the first admin, where there is no admin yet: this once */
export async function openAccounts(
  store: Store,
  now: () => Date,
  note: (text: string) => void,
): Promise<AccountGuardOptions> {
  const accounts = createAccounts({ store, now, randomBytes });
  const admins = (await accounts.list()).filter(
    ({ role, revokedAt }) => role === 'admin' && revokedAt === null,
  );
  if (admins.length === 0) {
    const { token } = await accounts.add({ name: FIRST_ADMIN, role: 'admin' }, 'this machine');
    note(
      `The server has accounts. The first admin signs in with this token, which is shown this once:\n\n  ${token}\n`,
    );
  }
  return { accounts, localToken: newLocalToken() };
}
