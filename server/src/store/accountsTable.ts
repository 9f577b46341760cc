import type { Account, Role } from '@nodulelab/contract';
import type { Database } from './database.ts';
import { AccountRow, parseRows } from './rows.ts';
import { accounts as sql } from './sql.ts';

/** Accounts and their sessions. Secrets are kept as SHA-256 only; whoever reads the database cannot sign in with it. */
export interface AccountsTable {
  /** False where the name is taken, by a revoked account too. */
  add(account: { name: string; role: Role; tokenHash: string; createdAt: string }): Promise<boolean>;
  list(): Promise<Account[]>;
  /** Ends its sessions too. Undefined where there is no such account, or it was revoked before. */
  revoke(name: string, at: string): Promise<Account | 'last-admin' | undefined>;
  byToken(tokenHash: string): Promise<Account | undefined>;
  /** Sessions that have expired go. */
  beginSession(session: { hash: string; name: string; expiresAt: string }, now: string): Promise<void>;
  bySession(hash: string, now: string): Promise<Account | undefined>;
  endSession(hash: string): Promise<void>;
}

export function accountsTable({ query, transaction }: Database): AccountsTable {
  const one = (rows: Parameters<typeof parseRows>[2]): Account | undefined =>
    parseRows(AccountRow, 'account', rows)[0];
  return {
    add: async ({ name, role, tokenHash, createdAt }) =>
      (await query(sql.add, [name, role, tokenHash, createdAt])).length > 0,
    list: async () => parseRows(AccountRow, 'account', await query(sql.list)),
    revoke: (name, at) =>
      transaction(async (ask) => {
        // Two admins who revoke each other at once must not both succeed.
        await ask(sql.lock);
        const active = parseRows(AccountRow, 'account', await ask(sql.list)).filter(
          ({ revokedAt }) => revokedAt === null,
        );
        const admins = active.filter(({ role }) => role === 'admin');
        if (admins.length === 1 && admins[0]!.name === name) return 'last-admin';
        const revoked = one(await ask(sql.revoke, [name, at]));
        if (revoked) await ask(sql.endSessionsOf, [name]);
        return revoked;
      }),
    byToken: async (tokenHash) => one(await query(sql.byToken, [tokenHash])),
    async beginSession({ hash, name, expiresAt }, now) {
      await query(sql.endExpired, [now]);
      await query(sql.beginSession, [hash, name, expiresAt]);
    },
    bySession: async (hash, now) => one(await query(sql.bySession, [hash, now])),
    async endSession(hash) {
      await query(sql.endSession, [hash]);
    },
  };
}
