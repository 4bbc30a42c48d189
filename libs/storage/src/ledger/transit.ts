import { NoKey, NotSigned, type Signer, type VerifierKey, verifierKey } from '@margay/ledger';
import { bytesWithin, fetchFailure, reasonOf, shownAddress } from '@margay/runtime';
import * as z from 'zod';
import type { SignerAccess } from './signer-access.ts';

/** Where the transit engine of a Vault or an OpenBao has a key. */
interface TransitKey {
  /** `https://vault.example.com:8200/v1/` */
  readonly api: string;
  /** The path of the engine, with its namespace where there is one. */
  readonly mount: string;
  readonly name: string;
}

/**
 * The key at an address such as `https://vault.example.com:8200/v1/transit/keys/margay`.
 *
 * @throws NoKey where it is none, or tokens would go to another machine as plain text.
 */
export function readTransitAddress(address: string): TransitKey {
  const url = URL.parse(address);
  const [, before, mount, name] = /^(.*\/v1\/)(.+)\/keys\/([\w.-]+)$/.exec(url?.pathname ?? '') ?? [];
  const isNone =
    url === null ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== '' ||
    before === undefined ||
    mount === undefined ||
    name === undefined;
  if (isNone)
    throw new NoKey(
      'behind it there is no address of a key like https://vault.example.com:8200/v1/transit/keys/margay',
    );
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))
    throw new NoKey(`${shownAddress(address)} is asked over https, unless it is on this machine`);
  return { api: `${url.origin}${before}`, mount, name };
}

/** How to ask. */
export interface TransitOptions {
  /** Asked for each time that there is no token from it any more. @throws Error where there is none. */
  readonly access: () => SignerAccess;
  /** How long it is waited for an answer; 10 s unless set. */
  readonly milliseconds?: number;
}

/**
 * A key of the transit engine of a Vault or an OpenBao (type ed25519), which signs with that version of it whose public half is the one that is
 * given: what is rotated there goes on signing with the old one here, until the log goes on with the new one.
 *
 * @throws NoKey for an address that is none.
 */
export function transitSigner(key: VerifierKey, address: string, options: TransitOptions): Signer {
  const place = readTransitAddress(address);
  const asking = askerOf(place, options);
  let version: Promise<number> | undefined;
  // What could not be found may be there later, as what was found may be gone.
  const known = <T>(use: (version: number) => Promise<T>): Promise<T> =>
    (version ??= asking.versions().then((versions) => versionOf(key, versions, place)))
      .then(use)
      .catch((error) => {
        version = undefined;
        throw error;
      });
  return {
    ...key,
    sign: (messages) => known((found) => asking.sign(found, messages)),
    check: async () => {
      version = undefined;
      await known(async () => {});
    },
  };
}

/**
 * The half for checking of the newest version of a key there.
 *
 * @param name that of its log.
 * @throws NoKey for an address that is none, and what is no name; NotSigned where it cannot be had.
 */
export async function transitKey(
  address: string,
  name: string,
  options: TransitOptions,
): Promise<VerifierKey> {
  const versions = await askerOf(readTransitAddress(address), options).versions();
  const newest = Math.max(...versions.keys());
  return verifierKey(name, Buffer.from(versions.get(newest)!, 'base64'));
}

/** @throws NotSigned */
function versionOf(
  key: VerifierKey,
  versions: ReadonlyMap<number, string>,
  { name, api }: TransitKey,
): number {
  const half = Buffer.from(key.publicKey).toString('base64');
  for (const [version, publicKey] of versions) if (publicKey === half) return version;
  throw new NotSigned(
    'wrong',
    `no version of the key ${name} of ${shownAddress(api)} is ${key.name}+${key.id}: it is another key, or was made anew. Name the key that ` +
      'the log has, or have the log go on with another one (margay key rotate)',
  );
}

const KEY = z.object({
  data: z.object({
    type: z.string(),
    keys: z.record(z.string().regex(/^\d+$/), z.unknown()),
  }),
});
const VERSION = z.object({ public_key: z.string().min(1) });
const SIGNED = z.object({
  data: z.object({
    batch_results: z.array(z.object({ signature: z.string().optional(), error: z.string().optional() })),
  }),
});
const LOGIN = z.object({ auth: z.object({ client_token: z.string().min(1), lease_duration: z.number() }) });
const REFUSAL = z.object({ errors: z.array(z.string()) });

interface Asker {
  /** The public halves of the key's versions, in base64. @throws NotSigned */
  versions(): Promise<ReadonlyMap<number, string>>;
  /** @throws NotSigned */
  sign(version: number, messages: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
}

function askerOf({ api, mount, name }: TransitKey, options: TransitOptions): Asker {
  const ask = admitted(api, options);
  return {
    async versions() {
      const { type, keys } = read(KEY, await ask(`${mount}/keys/${name}`)).data;
      const halves = Object.entries(keys).flatMap(([version, each]): [number, string][] => {
        const { data } = VERSION.safeParse(each);
        return data === undefined ? [] : [[Number(version), data.public_key]];
      });
      if (type !== 'ed25519' || halves.length === 0)
        throw new NotSigned(
          'refused',
          `its key ${name} is of type ${type}: one of type ed25519, not derived, is needed`,
        );
      return new Map(halves);
    },
    async sign(version, messages) {
      const batch = messages.map((message) => ({ input: Buffer.from(message).toString('base64') }));
      const answer = await ask(`${mount}/sign/${name}`, { key_version: version, batch_input: batch });
      return read(SIGNED, answer).data.batch_results.map(({ signature, error }) => {
        // A prefix with the version stands before it.
        const [, coded] = /^\w+:v\d+:([A-Za-z0-9+/=]+)$/.exec(signature ?? '') ?? [];
        if (coded !== undefined) return Buffer.from(coded, 'base64');
        throw new NotSigned(
          'refused',
          `its key ${name} does not sign: ${(error ?? 'it says nothing').slice(0, 200)}`,
        );
      });
    },
  };
}

type Ask = (path: string, body?: unknown) => Promise<unknown>;

/** Asks with a token. One that was got by a login is used for half its time, and once more than it is taken it is got anew. */
function admitted(api: string, { access, milliseconds = 10_000 }: TransitOptions): Ask {
  let got: { readonly token: string; readonly until: number } | undefined;
  const tokenNow = async (): Promise<string | undefined> => {
    const how = accessNow(access);
    if ('token' in how) return how.token;
    if (got !== undefined && performance.now() < got.until) return got.token;
    const { path, role, jwt } = how.login;
    const answer = await answered(`${api}${path}/login`, { milliseconds, body: { role, jwt } });
    const { client_token: token, lease_duration: seconds } = read(LOGIN, answer).auth;
    got = { token, until: performance.now() + seconds * 500 };
    return token;
  };
  return async (path, body) => {
    const ask = async () => answered(`${api}${path}`, { milliseconds, token: await tokenNow(), body });
    const hadToken = got !== undefined;
    try {
      return await ask();
    } catch (error) {
      got = undefined;
      // It may have been revoked.
      if (hadToken && error instanceof NotSigned && error.reason === 'refused') return ask();
      throw error;
    }
  };
}

function accessNow(access: () => SignerAccess): SignerAccess {
  try {
    return access();
  } catch (error) {
    throw new NotSigned('refused', reasonOf(error), { cause: error });
  }
}

/** Thousands of signatures are less. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

interface Question {
  readonly milliseconds: number;
  readonly token?: string | undefined;
  /** What is posted as JSON; without it, it is only read. */
  readonly body?: unknown;
}

/** @throws NotSigned */
async function answered(address: string, { milliseconds, token, body }: Question): Promise<unknown> {
  const late = AbortSignal.timeout(milliseconds);
  let status: number;
  let text: string;
  try {
    const answer = await fetch(address, {
      method: body === undefined ? 'GET' : 'POST',
      // Who follows would show the token to somebody else.
      redirect: 'manual',
      signal: late,
      headers: { 'x-vault-request': 'true', ...(token !== undefined && { 'x-vault-token': token }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    status = answer.status;
    text = await textOf(answer);
  } catch (error) {
    if (error instanceof NotSigned) throw error;
    const why = late.aborted ? `no answer within ${milliseconds / 1_000} seconds` : fetchFailure(error);
    throw new NotSigned('away', `${shownAddress(address)} cannot be reached: ${why}`, { cause: error });
  }
  if (status === 200) return parsed(text);
  const errors = (REFUSAL.safeParse(parsed(text)).data?.errors ?? [])
    .join('; ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const isAway = status >= 500 || status === 429 || status === 472 || status === 473;
  throw new NotSigned(
    isAway ? 'away' : 'refused',
    `${shownAddress(address)} answered ${status}${errors === '' ? '' : `: ${errors.slice(0, 200)}`}`,
  );
}

async function textOf(answer: Response): Promise<string> {
  const bytes = await bytesWithin(ANSWER_BYTES_MAX, answer);
  if (bytes === undefined) throw new NotSigned('wrong', `it answered more than ${ANSWER_BYTES_MAX} bytes`);
  return bytes.toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const { data } = schema.safeParse(answer);
  if (data === undefined)
    throw new NotSigned('wrong', 'what it answered is not what a transit engine answers');
  return data;
}
