import { jsonOf } from '@margay/ground';
import type * as Library from '@kubernetes/client-node';
import type { Connection } from './connection.ts';
import { ApiUnreachableError, isConflict, isNotFound, isTaken, statusError, watchError } from './errors.ts';
import { jsonLines } from './json-lines.ts';
import { apiPath, type ApiObject, type ApiResource, type ObjectPath } from './resources.ts';
import { bodyOf, openTransport, type WireAnswer } from './transport.ts';

/** Query parameters; those undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface RequestOptions {
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `application/json` unless set. */
  readonly contentType?: string;
  /** In which form the answer is to come; as the server gives it unless set. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte after which the server counts as gone: 30 s unless set. */
  readonly silenceMilliseconds?: number;
}

interface SentOptions extends Omit<RequestOptions, 'body'> {
  /** The body as it goes out. */
  readonly sent?: string | undefined;
}

/** Which objects of a resource to list or watch. */
export interface Selection {
  /** One namespace; absent = all. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ListOptions extends Selection {
  /** Objects a page: 500 unless set. */
  readonly pageSize?: number;
  /** The state to list; absent = the newest. */
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  /** Asks for the metadata of objects alone; a server that does not know how gives them whole. */
  readonly metadataOnly?: true;
  readonly signal?: AbortSignal;
}

/** A part of a list. All pages of one list show the same state. */
export interface Page {
  /** The state that the list shows: what a watch goes on from. */
  readonly resourceVersion: string;
  /** Of the items, which do not say so themselves in lists of built-in kinds. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly items: readonly ApiObject[];
  readonly last: boolean;
}

export interface WatchOptions extends Selection {
  /** The state after which to begin. */
  readonly resourceVersion: string;
  /** When the server is to end the watch by itself: 300 unless set. */
  readonly timeoutSeconds?: number;
  /** Milliseconds without an event or bookmark after which the connection counts as dead: 150 s unless set. */
  readonly silenceMilliseconds?: number;
  readonly signal?: AbortSignal;
}

/** One event of a watch. A bookmark's object has nothing but its `metadata.resourceVersion`. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: ApiObject;
}

export type Patch = 'merge' | 'json' | 'strategic';

export interface ApplyOptions {
  /** Whose fields these are. */
  readonly manager: string;
  /** True = take fields over from other managers instead of failing with a conflict. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

const PATCH_TYPES: Readonly<Record<Patch, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

const METADATA = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

const SILENCE_MILLISECONDS = 30_000;
/** Bookmarks come about once a minute; two may be missed. */
const WATCH_SILENCE_MILLISECONDS = 150_000;
const PAGE_SIZE = 500;
const UPDATE_ATTEMPTS = 8;

/**
 * A client of one API server: what this product asks of it and no more.
 *
 * An answer that refuses rejects with `ApiStatusError`, no answer with `ApiUnreachableError`. Nothing is tried again,
 * except once where the token was refused, and where a function says so.
 */
export class KubernetesClient {
  readonly namespace: string;
  readonly #transport;

  constructor(connection: Connection) {
    this.namespace = connection.namespace;
    this.#transport = openTransport(connection);
  }

  /** Hangs up every connection; what is under way is rejected. */
  close(): void {
    this.#transport.close();
  }

  /** Sends one request and reads its JSON answer, which is trusted to have the type asked for. */
  async request<T = unknown>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const sent = options.body === undefined ? undefined : JSON.stringify(options.body);
    const answer = await this.#send(method, path, { ...options, sent });
    return parsed(`${method} ${path}`, await bodyOf(answer)) as T;
  }

  /** What a path answers that is no JSON, as `/metrics`. */
  async text(path: string): Promise<string> {
    return bodyOf(await this.#send('GET', path, {}));
  }

  /**
   * One of the library's typed APIs, over this client's connections and with its errors: for fixed questions such as
   * reviews. Objects that are kept, or made from what a user wrote, go through the functions below, because the library's
   * models leave out the fields that they do not know.
   */
  async typed<T>(
    choose: (library: typeof Library) => new (configuration: Library.Configuration) => T,
  ): Promise<T> {
    const library = await import('@kubernetes/client-node');
    const { createConfiguration, ResponseContext, SelfDecodingBody, ServerConfiguration, wrapHttpLibrary } =
      library;
    const httpApi = wrapHttpLibrary({
      send: async (request) => {
        const { pathname, search } = new URL(request.getUrl());
        const sent = request.getBody() as string | undefined;
        const [method, path] = [request.getHttpMethod(), pathname + search];
        const body = await bodyOf(await this.#send(method, path, { sent }));
        parsed(`${method} ${path}`, body);
        const answered = new SelfDecodingBody(Promise.resolve(Buffer.from(body)));
        return new ResponseContext(200, { 'content-type': 'application/json' }, answered);
      },
    });
    const baseServer = new ServerConfiguration('http://api', {});
    return new (choose(library))(createConfiguration({ baseServer, httpApi }));
  }

  async #send(method: string, path: string, options: SentOptions): Promise<WireAnswer> {
    const {
      sent,
      contentType = 'application/json',
      accept,
      signal,
      silenceMilliseconds = SILENCE_MILLISECONDS,
    } = options;
    const answer = await this.#transport.send({
      method,
      path: path + queryText(options.query),
      ...(sent !== undefined && { body: sent }),
      headers: {
        ...(sent !== undefined && { 'content-type': contentType }),
        ...(accept !== undefined && { accept }),
      },
      ...(signal && { signal }),
      silenceMilliseconds,
    });
    if (answer.code < 300) return answer;
    const body = await bodyOf(answer);
    throw statusError(`${method} ${path}`, answer.code, body, answer.header('retry-after'), answer.refused);
  }

  /** One object. */
  get<T extends ApiObject = ApiObject>(
    resource: ApiResource,
    path: ObjectPath,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.request('GET', apiPath(resource, path), { ...(signal && { signal }) });
  }

  /** One object, or undefined where there is none of that name. */
  async find<T extends ApiObject = ApiObject>(
    resource: ApiResource,
    path: ObjectPath,
  ): Promise<T | undefined> {
    return this.get<T>(resource, path).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  }

  /** Creates an object; its name is in it. Rejects with reason `AlreadyExists` where the name is taken. */
  create<T extends ApiObject = ApiObject>(
    resource: ApiResource,
    object: object,
    path: Omit<ObjectPath, 'name'> = {},
  ): Promise<T> {
    return this.request('POST', apiPath(resource, path), { body: object });
  }

  /** Creates an object, or gives the one that has its name already. */
  async createOrGet<Made extends Pick<ApiObject, 'metadata'>>(
    resource: ApiResource,
    object: Made,
  ): Promise<ApiObject> {
    const { namespace, name } = object.metadata;
    const place = { ...(namespace !== undefined && { namespace }) };
    return this.create(resource, object, place).catch((error: unknown) => {
      if (isTaken(error)) return this.get(resource, { ...place, name });
      throw error;
    });
  }

  /** Replaces an object. With a `metadata.resourceVersion` in it, a `Conflict` tells that somebody else was faster. */
  replace<T extends ApiObject = ApiObject>(
    resource: ApiResource,
    path: ObjectPath,
    object: object,
  ): Promise<T> {
    return this.request('PUT', apiPath(resource, path), { body: object });
  }

  patch<T extends ApiObject = ApiObject>(
    resource: ApiResource,
    path: ObjectPath,
    patch: unknown,
    type: Patch = 'merge',
  ): Promise<T> {
    return this.request('PATCH', apiPath(resource, path), { body: patch, contentType: PATCH_TYPES[type] });
  }

  /** Server-side apply: creates the object or makes its manager's fields what the given object says. */
  apply<T extends ApiObject = ApiObject>(
    resource: ApiResource,
    path: ObjectPath,
    object: object,
    { manager, force, signal }: ApplyOptions,
  ): Promise<T> {
    return this.request('PATCH', apiPath(resource, path), {
      query: { fieldManager: manager, force },
      // The media type says YAML; JSON is YAML, and it is what an audit log can record.
      contentType: 'application/apply-patch+yaml',
      body: object,
      ...(signal && { signal }),
    });
  }

  /** Deletes an object; one that is gone already is no error. `uid` = only if it is still that one. */
  async delete(
    resource: ApiResource,
    path: ObjectPath,
    { uid }: { readonly uid?: string } = {},
  ): Promise<void> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(uid !== undefined && { preconditions: { uid } }),
    };
    await this.request('DELETE', apiPath(resource, path), { body }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  /**
   * Changes an object by what it is now, again from its newest state for as long as others are faster (eight times).
   *
   * @param change gives the object to write, or undefined where nothing is to be done.
   * @returns the object as written or as found; undefined where there is none of that name.
   */
  async update<T extends ApiObject>(
    resource: ApiResource,
    path: ObjectPath,
    change: (now: T) => object | undefined,
  ): Promise<T | undefined> {
    const { subresource: _, ...main } = path;
    for (let attempt = 1; ; attempt++) {
      const now = await this.find<T>(resource, main);
      if (now === undefined) return undefined;
      const wanted = change(now);
      if (wanted === undefined) return now;
      try {
        return await this.replace<T>(resource, path, wanted);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        if (!isConflict(error) || attempt === UPDATE_ATTEMPTS) throw error;
      }
    }
  }

  /** All objects of a selection, page by page; a page is asked for when the one before is done with. */
  async *list(resource: ApiResource, options: ListOptions = {}): AsyncGenerator<Page> {
    const { namespace, labelSelector, fieldSelector, pageSize = PAGE_SIZE, signal } = options;
    let token: string | undefined;
    do {
      const query: Query = {
        labelSelector,
        fieldSelector,
        limit: pageSize,
        // A continue token holds the state by itself; naming it beside one is refused.
        ...(token === undefined
          ? { resourceVersion: options.resourceVersion, resourceVersionMatch: options.resourceVersionMatch }
          : { continue: token }),
      };
      const list = await this.request<ListObject>(
        'GET',
        apiPath(resource, { ...(namespace !== undefined && { namespace }) }),
        {
          query,
          ...(options.metadataOnly && { accept: METADATA }),
          ...(signal && { signal }),
        },
      );
      token = list.metadata.continue || undefined;
      yield {
        resourceVersion: list.metadata.resourceVersion ?? '',
        apiVersion: list.apiVersion ?? '',
        kind: (list.kind ?? '').replace(/List$/, ''),
        items: list.items ?? [],
        last: token === undefined,
      };
    } while (token !== undefined);
  }

  /** All objects of a selection at once: for kinds of which there are few. */
  async listAll<T extends ApiObject = ApiObject>(
    resource: ApiResource,
    options: ListOptions = {},
  ): Promise<T[]> {
    const all: T[] = [];
    for await (const { items } of this.list(resource, options)) all.push(...(items as readonly T[]));
    return all;
  }

  /**
   * What happens after a state, as it happens, bookmarks included.
   *
   * Ends when the server ends it. A state that is too old rejects with code 410 (see `isExpired`), a connection that
   * breaks or falls silent with `ApiUnreachableError`. Leaving the loop hangs up.
   */
  async *watch(resource: ApiResource, options: WatchOptions): AsyncGenerator<WatchEvent> {
    const { namespace, labelSelector, fieldSelector, resourceVersion, signal } = options;
    const path = apiPath(resource, { ...(namespace !== undefined && { namespace }) });
    const answer = await this.#send('GET', path, {
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion,
        timeoutSeconds: options.timeoutSeconds ?? 300,
        labelSelector,
        fieldSelector,
      },
      silenceMilliseconds: options.silenceMilliseconds ?? WATCH_SILENCE_MILLISECONDS,
      ...(signal && { signal }),
    });
    for await (const line of jsonLines(answer.pieces)) {
      const event = line as { type?: unknown; object?: unknown };
      if (event.type === 'ERROR') throw watchError(`WATCH ${path}`, event.object);
      yield event as WatchEvent;
    }
  }
}

function parsed(asked: string, body: string): unknown {
  if (body === '') return undefined;
  const read = jsonOf(body);
  if ('value' in read) return read.value;
  throw new ApiUnreachableError(`${asked}: the answer is no JSON (${body.length} characters)`);
}

interface ListObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  /** Null, in some servers, where the list is empty. */
  readonly items?: readonly ApiObject[] | null;
}

function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text && `?${text}`;
}
