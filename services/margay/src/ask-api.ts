import { routeOf, type Answered, type Operation } from '@margay/api-contract';
import { Option } from 'commander';

/** Where `margay up` serves unless it is told otherwise. */
export const OWN_API = 'http://127.0.0.1:8080';

/** `--api`, for every command that asks a running Margay. */
export const apiOption = (): Option =>
  new Option('--api <url>', 'where Margay serves its API; MARGAY_TOKEN is sent along where it is set').env(
    'MARGAY_API',
  );

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
  { path = {}, query = {} }: Parts = {},
): Promise<Answered<O>> {
  const route = routeOf(operation).replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(path[name]!),
  );
  const set = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  const url = new URL(
    `${base.replace(/\/+$/, '')}${route}${set.length > 0 ? `?${new URLSearchParams(set).toString()}` : ''}`,
  );
  const token = process.env['MARGAY_TOKEN'];
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: operation.method.toUpperCase(),
      ...(token && { headers: { authorization: `Bearer ${token}` } }),
    });
  } catch (error) {
    throw new Error(
      `No Margay answers at ${base}: start one (margay up), or say with --api where it serves (${(error as Error).message})`,
      { cause: error },
    );
  }
  if (answer.ok) return (await answer.json()) as Answered<O>;
  const { detail } = (await answer.json().catch(() => ({}))) as { readonly detail?: string };
  throw new ApiRefused(answer.status, detail ?? `The API at ${base} answered ${answer.status}`);
}
