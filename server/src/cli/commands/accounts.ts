/** `nodulelab accounts`: who may use a shared server, and as what. */
import { randomBytes } from 'node:crypto';
import {
  type Account,
  Account as AccountSchema,
  AccountList,
  IssuedAccount,
  Role,
} from '@nodulelab/contract';
import { type Command, Option } from 'commander';
import { type Accounts, createAccounts } from '../../services/accounts.ts';
import { openStore } from '../../store/store.ts';
import type { CommandContext } from '../context.ts';
import { table } from '../output.ts';
import { findRunningServer } from '../runningServer.ts';

/** What the audit trail calls whoever uses the command line. */
const BY = 'this machine';

export function registerAccounts(program: Command, context: () => CommandContext): void {
  const accounts = program.command('accounts').description('who may use a shared server, and as what');
  accounts
    .command('add')
    .description('a new account; its token is shown this once')
    .argument('<name>', 'letters, digits, . _ @ and -')
    .addOption(
      new Option('--role <role>', 'reader: readings only; annotator: the viewer; admin: everything')
        .choices(Role.options)
        .makeOptionMandatory(),
    )
    .action(async (name: string, { role }: { role: Role }) => {
      const cli = context();
      const issued = await withAccounts(cli, (kept) => kept.add({ name, role }, BY));
      cli.output.result(
        { ...issued },
        `${name} is ${role}. Token, shown this once:\n\n  ${issued.token}\n\nSign in with it at the server's page /sign-in; programs send it as "Authorization: Bearer …".`,
      );
    });
  accounts
    .command('list')
    .description('all accounts, those that were revoked too')
    .action(async () => {
      const cli = context();
      const list = await withAccounts(cli, (kept) => kept.list());
      cli.output.result({ accounts: list }, list.length === 0 ? 'No accounts yet.' : asTable(list));
    });
  accounts
    .command('revoke')
    .description('end an account and all its sessions')
    .argument('<name>')
    .action(async (name: string) => {
      const cli = context();
      const account = await withAccounts(cli, (kept) => kept.revoke(name, BY));
      cli.output.result({ account }, `${name} is revoked; all its sessions have ended.`);
    });
}

const asTable = (accounts: readonly Account[]): string =>
  table(
    ['name', 'role', 'since', 'revoked'],
    accounts.map(({ name, role, createdAt, revokedAt }) => [
      ...[name, role, createdAt.slice(0, 10)],
      revokedAt?.slice(0, 10) ?? '–',
    ]),
  );

type Kept = Pick<Accounts, 'add' | 'list' | 'revoke'>;

/** Those of the running server, or of the data folder where none runs. */
async function withAccounts<T>(
  { dataDir }: CommandContext,
  work: (accounts: Kept) => Promise<T>,
): Promise<T> {
  const server = await findRunningServer(dataDir);
  if (server)
    return work({
      add: (body) => server.call('POST', '/api/accounts', IssuedAccount, body),
      list: async () => (await server.call('GET', '/api/accounts', AccountList)).accounts,
      revoke: (name) =>
        server.call('POST', `/api/accounts/${encodeURIComponent(name)}/revoke`, AccountSchema),
    });
  const store = await openStore({ dir: dataDir, connectionString: process.env['DATABASE_URL'] });
  try {
    return await work(createAccounts({ store, now: () => new Date(), randomBytes }));
  } finally {
    await store.close();
  }
}
