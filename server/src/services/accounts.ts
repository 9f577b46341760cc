/**
 * Accounts of a shared server: a token for each person, shown once and kept as a hash, and sessions of the browser that last
 * half a day. Everything that happens to them goes into the audit trail.
 */
import { createHash } from 'node:crypto';
import { type Account, AccountName, type IssuedAccount, type NewAccount } from '@nodulelab/contract';
import type { Store } from '../store/index.ts';
import { NoduleLabError } from '../volume/errors.ts';

export interface Accounts {
  /** @throws conflict where the name is taken, by a revoked account too. */
  add(account: NewAccount, by: string): Promise<IssuedAccount>;
  list(): Promise<Account[]>;
  /** @throws not-found; conflict for the last admin. */
  revoke(name: string, by: string): Promise<Account>;
  /** The account of a token; undefined for one that is wrong or revoked. */
  ofToken(token: string): Promise<Account | undefined>;
  /** @throws signed-out where the token is wrong. */
  signIn(token: string, from: string): Promise<{ readonly account: Account; readonly session: string }>;
  ofSession(session: string): Promise<Account | undefined>;
  signOut(session: string): Promise<void>;
  /** Notes what somebody was refused. */
  refused(name: string, what: string): Promise<void>;
}

interface AccountsContext {
  readonly store: Pick<Store, 'accounts' | 'audit'>;
  readonly now: () => Date;
  readonly randomBytes: (count: number) => Uint8Array;
}

export const SESSION_HOURS = 12;
const SECRET_BYTES = 32;
/** The audit trail never shrinks: what one source is refused again and again is noted once in a while. */
const REFUSALS_APART_MS = 10 * 60_000;
const MOST_SOURCES = 1000;
const LONGEST_NOTE = 200;

export function createAccounts({ store, now, randomBytes }: AccountsContext): Accounts {
  const { accounts, audit } = store;
  const note = (action: string, subject: string, details: Record<string, unknown> = {}): Promise<void> =>
    audit.append({ at: now().toISOString(), action, subject, details });
  const noted = new Map<string, number>();
  const noteRefusal = async (
    action: string,
    subject: string,
    details: Record<string, unknown>,
  ): Promise<void> => {
    const key = JSON.stringify([action, subject, details]);
    const at = now().getTime();
    if (at - (noted.get(key) ?? -Infinity) < REFUSALS_APART_MS) return;
    if (noted.size >= MOST_SOURCES) noted.clear();
    noted.set(key, at);
    await note(action, subject, details);
  };
  const secret = (): string => Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');
  const ofToken = (token: string): Promise<Account | undefined> => accounts.byToken(hashOf(token));
  return {
    async add({ name, role }, by) {
      // The command line comes here without the HTTP interface's check.
      if (!AccountName.safeParse(name).success)
        throw new NoduleLabError(
          'invalid-input',
          `"${name}" is no name of an account: take letters, digits, . _ @ and -.`,
        );
      const token = secret();
      const createdAt = now().toISOString();
      if (!(await accounts.add({ name, role, tokenHash: hashOf(token), createdAt })))
        throw new NoduleLabError(
          'conflict',
          `There is or was an account ${name}: names are not given twice, so that the audit trail means one person by each.`,
        );
      await note('account-added', name, { role, by });
      return { account: { name, role, createdAt, revokedAt: null }, token };
    },
    list: () => accounts.list(),
    async revoke(name, by) {
      const revoked = await accounts.revoke(name, now().toISOString());
      if (revoked === undefined) throw new NoduleLabError('not-found', `There is no active account ${name}.`);
      if (revoked === 'last-admin')
        throw new NoduleLabError(
          'conflict',
          `${name} is the last admin: add another before this one is revoked.`,
        );
      await note('account-revoked', name, { by });
      return revoked;
    },
    ofToken,
    async signIn(token, from) {
      const account = await ofToken(token);
      if (!account) {
        await noteRefusal('sign-in-refused', from, {});
        throw new NoduleLabError('signed-out', 'This token opens no account. Ask an admin for another.');
      }
      const session = secret();
      const expiresAt = new Date(now().getTime() + SESSION_HOURS * 3_600_000).toISOString();
      await accounts.beginSession(
        { hash: hashOf(session), name: account.name, expiresAt },
        now().toISOString(),
      );
      await note('signed-in', account.name, { from });
      return { account, session };
    },
    ofSession: (session) => accounts.bySession(hashOf(session), now().toISOString()),
    signOut: (session) => accounts.endSession(hashOf(session)),
    refused: (name, what) => noteRefusal('refused', name, { what: what.slice(0, LONGEST_NOTE) }),
  };
}

/** Secrets are of 256 random bits: no salt and no slow hash makes them harder to guess. */
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
