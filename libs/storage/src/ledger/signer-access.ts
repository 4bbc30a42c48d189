import { readFileSync } from 'node:fs';
import { readConfig, type Environment } from '@margay/runtime';
import * as z from 'zod';

/** How whoever has the key of the log lets this program in. */
export const signerSettings = {
  LEDGER_SIGNER_TOKEN: z.string().optional().meta({
    description:
      'Token for the Vault or OpenBao that signs, where `LEDGER_KEY` names one; none is sent unless set, as where an agent beside it does so.',
    secret: true,
  }),
  LEDGER_SIGNER_ROLE: z.string().optional().meta({
    description:
      'Role to sign in as there, instead of a token, with what `LEDGER_SIGNER_JWT_FILE` holds (the auth methods kubernetes and jwt).',
  }),
  LEDGER_SIGNER_LOGIN: z.string().default('auth/kubernetes').meta({
    description: 'Where that auth method is mounted; with a namespace before it where there is one.',
  }),
  LEDGER_SIGNER_JWT_FILE: z.string().default('/var/run/secrets/kubernetes.io/serviceaccount/token').meta({
    description: 'File of the token to sign in with; read again each time.',
  }),
};

/** A token, what gets one by a login, or neither. */
export type SignerAccess =
  | { readonly token: string | undefined }
  | { readonly login: { readonly path: string; readonly role: string; readonly jwt: string } };

/**
 * What the settings say now: what stands in files may be another one by then.
 *
 * @throws Error where they do not fit together, or a file cannot be read.
 */
export function signerAccess(environment: Environment): SignerAccess {
  const {
    LEDGER_SIGNER_TOKEN: token,
    LEDGER_SIGNER_ROLE: role,
    LEDGER_SIGNER_LOGIN: path,
    LEDGER_SIGNER_JWT_FILE: file,
  } = readConfig(z.object(signerSettings), environment);
  if (role === undefined) return { token };
  if (token !== undefined)
    throw new Error('LEDGER_SIGNER_TOKEN and LEDGER_SIGNER_ROLE are both set: keep one of them');
  try {
    return { login: { path, role, jwt: readFileSync(file, 'utf8').trim() } };
  } catch (error) {
    throw new Error(
      `LEDGER_SIGNER_JWT_FILE names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code})`,
      { cause: error },
    );
  }
}
