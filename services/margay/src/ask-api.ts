import { readFileSync } from 'node:fs';
import { routeOf, type Answered, type Operation } from '@margay/api-contract';
import { UsageError } from '@margay/terminal';
import { Option } from 'commander';

/** Where `margay up` serves unless it is told otherwise. */
export const OWN_API = 'http://127.0.0.1:8080';

/** `--api`, for every command that asks a running Margay. */
export const apiOption = (): Option =>
  new Option(
    '--api <url>',
    'where Margay serves its API; MARGAY_TOKEN, or what MARGAY_TOKEN_FILE holds, is sent along where it is set',
  ).env('MARGAY_API');

/** Without what may be a secret: its words are printed. */
function addressIn(base: string): URL {
  const url = URL.parse(base);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--api is no address: give one like ${OWN_API}`);
  if (url.search + url.hash + url.username + url.password !== '')
    throw new UsageError(
      `--api ${url.origin} has a query, a fragment or credentials: leave them out, and give a token as MARGAY_TOKEN`,
    );
  return url;
}

/**
 * `MARGAY_TOKEN`, or what the file holds now that `MARGAY_TOKEN_FILE` names, as the kubelet replaces the token of a pod; undefined where neither is set.
 *
 * @throws UsageError where no header can carry it, which never says it, and where the file cannot be read.
 */
export function ownToken(): string | undefined {
  const { MARGAY_TOKEN: given, MARGAY_TOKEN_FILE: file } = process.env;
  const [token, name] = given || !file ? [given, 'MARGAY_TOKEN'] : [tokenIn(file), file];
  if (!token) return undefined;
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UsageError(
      `${name} is no token: it holds a blank, a line break or a letter beyond ASCII, which no header carries`,
    );
  return token;
}

/** Without the line break that files end with. */
function tokenIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    throw new UsageError(`MARGAY_TOKEN_FILE cannot be read: ${(error as Error).message}`);
  }
}

/** What fills the places of an operation's path and query. */
export interface Parts {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
}

/** The API answered something else than what was asked for; the message is its own. */
export class ApiRefused extends Error {
  override readonly name = 'ApiRefused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Asks the API of a running Margay. @throws ApiRefused, or Error that says where nobody answers. */
export async function askApi<O extends Operation>(
  base: string,
  operation: O,
  parts: Parts = {},
): Promise<Answered<O>> {
  return (await (await answerOf(base, operation, parts)).json()) as Answered<O>;
}

/** Asks it for what it answers as text. @throws as `askApi`. */
export const askApiText = async (base: string, operation: Operation, parts: Parts = {}): Promise<string> =>
  (await answerOf(base, operation, parts)).text();

async function answerOf(
  base: string,
  operation: Operation,
  { path = {}, query = {} }: Parts,
): Promise<Response> {
  const route = routeOf(operation).replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(path[name]!),
  );
  const set = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  const own = addressIn(base);
  const url = new URL(
    `${own.origin}${own.pathname.replace(/\/+$/, '')}${route}${set.length > 0 ? `?${new URLSearchParams(set).toString()}` : ''}`,
  );
  const token = ownToken();
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: operation.method.toUpperCase(),
      ...(token && { headers: { authorization: `Bearer ${token}` } }),
    });
  } catch (error) {
    throw new Error(
      `No Margay answers at ${own.origin}: start one (margay up), or say with --api where it serves (${(error as Error).message})`,
      { cause: error },
    );
  }
  if (answer.ok) return answer;
  const { detail } = (await answer.json().catch(() => ({}))) as { readonly detail?: string };
  throw new ApiRefused(answer.status, detail ?? `The API at ${own.origin} answered ${answer.status}`);
}
