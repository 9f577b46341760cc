/** Routes of accounts; part of the table in routes.ts. Signing in is a page of its own, /sign-in. */
import { z } from 'zod';
import { AccountList, AccountName, Account, IssuedAccount, NewAccount, WhoAmI } from './account.ts';

export const accountRoutes = {
  whoAmI: {
    method: 'get',
    path: '/session',
    summary: 'Who asks, and in which role',
    success: { status: 200, body: WhoAmI },
    problems: [],
  },
  accounts: {
    method: 'get',
    path: '/accounts',
    summary: 'All accounts, those that were revoked too',
    success: { status: 200, body: AccountList },
    problems: [],
  },
  addAccount: {
    method: 'post',
    path: '/accounts',
    summary: 'A new account; its token is told this once',
    body: NewAccount,
    success: { status: 201, body: IssuedAccount },
    problems: [400, 409],
  },
  revokeAccount: {
    method: 'post',
    path: '/accounts/:name/revoke',
    summary: 'End an account and all its sessions; its name stays taken',
    params: z.object({ name: AccountName }),
    success: { status: 200, body: Account },
    problems: [404, 409],
  },
} as const;
