/** Who may do what: accounts of a server that is shared. */
import { z } from 'zod';

/**
 * A reader takes part in readings and reaches nothing else; an annotator works in the viewer; an admin also imports, trains, chooses
 * models and keeps accounts.
 */
export const Role = z.enum(['reader', 'annotator', 'admin']).meta({ id: 'Role' });
export type Role = z.infer<typeof Role>;

export const AccountName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u, 'letters, digits, . _ @ and -, 64 at most');

export const Account = z
  .object({
    name: AccountName,
    role: Role,
    createdAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Account' });
export type Account = z.infer<typeof Account>;

export const AccountList = z.object({ accounts: z.array(Account) }).meta({ id: 'AccountList' });

export const NewAccount = z.object({ name: AccountName, role: Role }).meta({ id: 'NewAccount' });
export type NewAccount = z.infer<typeof NewAccount>;

/** The token is told this once: the server keeps its hash. */
export const IssuedAccount = z.object({ account: Account, token: z.string() }).meta({ id: 'IssuedAccount' });
export type IssuedAccount = z.infer<typeof IssuedAccount>;

/** Who asks, as the server sees them. */
export const WhoAmI = z
  .object({
    /** False where the server has no accounts: everybody on this machine may do everything. */
    accounts: z.boolean(),
    name: z.string().nullable(),
    role: Role.nullable(),
  })
  .meta({ id: 'WhoAmI' });
export type WhoAmI = z.infer<typeof WhoAmI>;
