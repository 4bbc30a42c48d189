import { confluentId, type Framing, type Topic } from '@margay/contracts';
import { failureOf, onceDone } from '@margay/runtime';

/** Where a schema registry is. */
export interface SchemaRegistryOptions {
  /** Its base address; a path is kept, since some serve the API below one. */
  readonly url: string;
  readonly signIn?: { readonly username: string; readonly password: string };
}

/** Schemas by id, as a registry with the Confluent API keeps them. */
export interface SchemaRegistry {
  /** For `topic.framed`: ids that were registered or learnt. What is known stays known, with the registry away too. */
  readonly framing: Framing;

  /**
   * Registers the topics' schemas under `<topic>-value` where that is not done yet, so that messages can be written.
   *
   * @throws Away when the registry does not answer: try again; Error when it refuses a schema as incompatible, with what to do.
   */
  registered(): Promise<void>;

  /**
   * Fetches the schemas that messages name and that are not known yet. An id that the registry does not have stays
   * unknown, and its messages are undecodable.
   *
   * @throws Away when the registry does not answer: try again.
   */
  learn(values: Iterable<Uint8Array>): Promise<void>;
}

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
const TIMEOUT_MS = 10_000;
/** Of what a registry says: its words about a schema may repeat the schema. */
const MESSAGE_CHARACTERS_MAX = 200;

/** Nobody may fill the memory with ids, and one that was set aside and is replayed may be known by then. */
const ABSENT_MAX = 10_000;
const ABSENT_MILLISECONDS = 30_000;
/** What registries answer to a number that can be no id of theirs. */
const NO_ID: ReadonlySet<number> = new Set([400, 405, 422]);

/** Schema registry errors are JSON. Source: the Confluent Schema Registry API, "Errors". */
interface Problem {
  readonly error_code?: number;
  readonly message?: string;
}

/** A registry at an address, for topics. Nothing is asked yet. */
export function schemaRegistry(
  options: SchemaRegistryOptions,
  topics: readonly Pick<Topic<never>, 'name' | 'canonical'>[],
): SchemaRegistry {
  const idsBySchema = new Map<string, number>();
  const schemasById = new Map<number, string>();
  /** Ids that the registry does not have, by when it is asked again: it may get to know them. */
  const absent = new Map<number, number>();

  const ask = async (path: string, body?: object): Promise<{ status: number; answer: unknown }> => {
    const { signIn, url } = options;
    const credentials = signIn && Buffer.from(`${signIn.username}:${signIn.password}`).toString('base64');
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          accept: CONTENT_TYPE,
          'content-type': CONTENT_TYPE,
          ...(credentials !== undefined && { authorization: `Basic ${credentials}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return { status: response.status, answer: await response.json() };
    } catch (error) {
      throw failureOf({
        part: 'Schema registry',
        at: [options.url],
        doing: 'asking it',
        said: wordsOf(error),
        advice: 'Check the address and that it runs. Nothing is lost: it will be tried again.',
        passes: true,
      });
    }
  };

  const refused = (what: string, status: number, answer: unknown): Error => {
    const { message } = (answer ?? {}) as Problem;
    const advice =
      status === 401 || status === 403
        ? 'Check the user name, the password and its rights.'
        : status === 409
          ? "The subject's compatibility level refuses it: a newer version of Margay may have registered another one."
          : 'Check that the address is that of a schema registry.';
    const said = typeof message === 'string' ? message.slice(0, MESSAGE_CHARACTERS_MAX) : 'without a message';
    return failureOf({
      part: 'Schema registry',
      at: [options.url],
      doing: 'asking it',
      said: `it refused ${what} with ${status} (${said})`,
      advice,
    });
  };

  const learnOne = async (id: number): Promise<void> => {
    const { status, answer } = await ask(`/schemas/ids/${id}`);
    const { schema } = (answer ?? {}) as { schema?: unknown };
    if (status === 200 && typeof schema === 'string') schemasById.set(id, schema);
    else if (status === 404 || NO_ID.has(status)) {
      if (absent.size >= ABSENT_MAX) absent.clear();
      absent.set(id, Date.now() + ABSENT_MILLISECONDS);
    } else throw refused(`schema ${id}`, status, answer);
  };

  return {
    framing: {
      kind: 'confluent',
      idOf(schema) {
        const id = idsBySchema.get(schema);
        if (id === undefined)
          throw new Error('A schema is used before it was registered: register its topic first.');
        return id;
      },
      schemaOf: (id) => schemasById.get(id),
    },

    registered: onceDone(async () => {
      for (const { name, canonical } of topics) {
        const subject = encodeURIComponent(`${name}-value`);
        const { status, answer } = await ask(`/subjects/${subject}/versions`, { schema: canonical });
        const { id } = answer as { id?: unknown };
        if (status !== 200 || typeof id !== 'number') throw refused(`the schema of ${name}`, status, answer);
        idsBySchema.set(canonical, id);
        schemasById.set(id, canonical);
      }
    }),

    async learn(values) {
      const ids = new Set<number>();
      for (const value of values) {
        const id = confluentId(value);
        if (id === undefined || schemasById.has(id)) continue;
        if ((absent.get(id) ?? 0) <= Date.now()) ids.add(id);
      }
      for (const id of ids) await learnOne(id);
    },
  };
}

/** Why there was no answer, or none of a registry. */
function wordsOf(error: unknown): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} seconds`;
  if (name === 'SyntaxError') return 'it answered what is no JSON';
  return cause instanceof Error
    ? ((cause as NodeJS.ErrnoException).code ?? 'no connection')
    : 'no connection';
}
