import {
  CANARY_OBJECT,
  canaryManager,
  compareResourceVersions,
  formatMicros,
  type CanaryName,
  type Instant,
} from '@margay/ground';
import { KubernetesClient } from '../client/client.ts';
import { ConnectionSettingsError, type Connection } from '../client/connection.ts';
import {
  ApiStatusError,
  ApiUnreachableError,
  isConflict,
  isNotFound,
  isTransient,
} from '../client/errors.ts';
import { apiPath, apiVersionOf, type ApiObject } from '../client/resources.ts';
import { connectionTo } from './api-servers.ts';
import { auditCountsIn, type AuditCounts } from './audit-counts.ts';
import {
  CANARY_ANNOTATION,
  CANARY_NUMBER_ANNOTATION,
  canaryText,
  holderOf,
  sequenceOf,
  takenIn,
  writerOf,
} from './canary-object.ts';

/** What became of a canary. */
export interface WrittenCanary extends CanaryName {
  /** `failed`: it was not written, or nobody knows. */
  readonly state: 'written' | 'failed';
  /** When it was sent, by our clock. */
  readonly at: Instant;
  /** Why it failed, as a sentence. */
  readonly message?: string;
}

export interface CanaryWriterOptions {
  /** Where the object is. */
  readonly namespace: string;
  /** Who writes: of several that could, one does. */
  readonly holder: string;
  /** For how long nobody else writes after a canary of this one: what was written or read longer ago is read anew before the next one. */
  readonly standsMilliseconds: number;
  readonly now?: () => Instant;
}

interface Known {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly sequence: number;
  readonly holder: string;
  /** When it was so, by a clock that does not jump. */
  readonly since: number;
}

/** An API server that answers what is not so any more. */
class OldState extends Error {}

const OWN_ERRORS = [ApiStatusError, ApiUnreachableError, ConnectionSettingsError, OldState] as const;

const SILENCE_MILLISECONDS = 10_000;

/** Of canaries that could not be written since there is no object whose they are. */
export const NO_WRITER = 'none';

/**
 * Writes canaries: in each round one through each API server, all of one object, each with the round's number in it and in the
 * request's URI. The number is kept in the object, so that it goes on after a restart, and after another one wrote.
 *
 * A number is taken by the first write of a round, which the API server does only where the object is as it was known to be: of several that
 * write at a time, slow, killed or begun again, one gets it. No number is written twice through an API server, so one that is
 * missing in its log is lost.
 *
 * The object is made where it is not there; one that was deleted and made again has another writer's name. Nothing is tried
 * again before the next round.
 */
export class CanaryWriter {
  readonly #connection: Connection;
  readonly #options: CanaryWriterOptions;
  readonly #main: KubernetesClient;
  readonly #clients = new Map<string, KubernetesClient>();
  #known: Known | undefined;
  /** The object may be otherwise than it is known to be: it is read anew before the next round. */
  #isDue = false;
  /** Through which API server a number could be taken last. */
  #taker: string | undefined;
  #sequence = 0;

  constructor(connection: Connection, options: CanaryWriterOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#main = new KubernetesClient(connection);
  }

  /** Who wrote last, where that is known. */
  get holder(): string | undefined {
    return this.#known?.holder;
  }

  /** Looks the object up, which is made where there is none, unless it is known how it is. @throws what the API server refuses. */
  async look(): Promise<void> {
    const isOld =
      this.#known !== undefined && performance.now() - this.#known.since > this.#options.standsMilliseconds;
    if (isOld || this.#isDue) this.forget();
    this.#known ??= await this.#find();
  }

  /** Forgets the object: somebody deleted it. */
  forget(): void {
    this.#known = undefined;
  }

  /** Writes one canary through each of the API servers. Never rejects. */
  async round(servers: readonly string[]): Promise<WrittenCanary[]> {
    for (const [server, client] of this.#clients)
      if (!servers.includes(server)) {
        client.close();
        this.#clients.delete(server);
      }
    try {
      await this.look();
    } catch (error) {
      this.#sequence++;
      return servers.map((server) => this.#failed(server, servers, NO_WRITER, this.#now(), error));
    }
    const known = this.#known!;
    this.#sequence = Math.max(this.#sequence, known.sequence) + 1;
    const inTurn = [...servers].sort((a, b) => Number(b === this.#taker) - Number(a === this.#taker));
    const done: WrittenCanary[] = [];
    while (this.#known !== undefined && done.length < inTurn.length && done.at(-1)?.state !== 'written') {
      const server = inTurn[done.length]!;
      const one = await this.#write(server, servers, known, true);
      if (one.state === 'written') this.#taker = server;
      done.push(one);
    }
    const others = inTurn.slice(done.length);
    if (this.#known === undefined) return [...done, ...others.map((server) => ({ ...done.at(-1)!, server }))];
    return [
      ...done,
      ...(await Promise.all(others.map((server) => this.#write(server, servers, known, false)))),
    ];
  }

  close(): void {
    this.#main.close();
    for (const client of this.#clients.values()) client.close();
  }

  async #write(
    server: string,
    servers: readonly string[],
    { uid, resourceVersion }: Known,
    takes: boolean,
  ): Promise<WrittenCanary> {
    const { namespace, holder } = this.#options;
    const writer = writerOf(uid);
    const canary = { writer, server, servers: servers.length, sequence: this.#sequence };
    const at = this.#now();
    const sentAt = performance.now();
    const annotation = canaryText(canary);
    try {
      const path = { namespace, name: CANARY_OBJECT.name };
      const answer = await this.#clientOf(server).request<ApiObject>('PATCH', apiPath(CANARY_OBJECT, path), {
        query: { fieldManager: canaryManager(canary) },
        contentType: 'application/merge-patch+json',
        silenceMilliseconds: SILENCE_MILLISECONDS,
        body: {
          metadata: {
            uid,
            ...(takes && { resourceVersion }),
            annotations: {
              [CANARY_ANNOTATION]: annotation,
              ...(takes && { [CANARY_NUMBER_ANNOTATION]: String(canary.sequence) }),
            },
          },
          spec: { holderIdentity: holder, renewTime: formatMicros(at) },
        },
      });
      if (answer.metadata.annotations?.[CANARY_ANNOTATION] !== annotation || answer.metadata.uid !== uid)
        throw new OldState('it answered with an old state of the object');
      // Others went on meanwhile: what is known of the object is not how it is.
      if (takenIn(answer) !== canary.sequence) this.#isDue = true;
      const newest = maxVersion(this.#known?.resourceVersion, answer.metadata.resourceVersion);
      this.#known = {
        uid,
        resourceVersion: newest ?? resourceVersion,
        sequence: canary.sequence,
        holder,
        since: sentAt,
      };
      return { ...canary, state: 'written', at };
    } catch (error) {
      // Whatever it was that was there: it is looked at anew.
      if (isNotFound(error) || isConflict(error)) this.forget();
      else if (!(error instanceof ApiStatusError) || error.code >= 500) this.#isDue = true;
      return this.#failed(server, servers, writer, at, error);
    }
  }

  #failed(
    server: string,
    servers: readonly string[],
    writer: string,
    at: Instant,
    error: unknown,
  ): WrittenCanary {
    const message = `Nothing could be written through the API server ${server} to see whether it arrives: ${this.#wordsOf(error)}`;
    return {
      writer,
      server,
      servers: servers.length,
      sequence: this.#sequence,
      state: 'failed',
      at,
      message,
    };
  }

  #wordsOf(error: unknown): string {
    const what = `the Lease ${this.#options.namespace}/${CANARY_OBJECT.name}`;
    if (isNotFound(error)) return `${what} is not there any more: it is made again (${error.said}).`;
    if (isConflict(error))
      return `${what} is another one than it was, or the API server answers old state (${error.said}).`;
    // These words are kept as evidence: those of others, which may say anything, are not repeated.
    const known = OWN_ERRORS.some((own) => error instanceof own);
    return known ? `${(error as Error).message}.` : 'it failed in a way that nobody foresaw.';
  }

  async #find(): Promise<Known> {
    const { namespace } = this.#options;
    const path = { namespace, name: CANARY_OBJECT.name };
    const since = performance.now();
    this.#isDue = false;
    const found = await this.#main.find(CANARY_OBJECT, path);
    const lease = found ?? (await this.#make());
    const { uid = '', resourceVersion = '' } = lease.metadata;
    const seconds = Math.floor(this.#now() / 1_000_000);
    // Without the last number none may be given twice.
    const sequence = sequenceOf(lease) ?? (found === undefined ? 0 : seconds);
    return { uid, resourceVersion, sequence, holder: holderOf(lease), since };
  }

  async #make(): Promise<ApiObject> {
    const { namespace, holder } = this.#options;
    return this.#main.createOrGet(CANARY_OBJECT, {
      apiVersion: apiVersionOf(CANARY_OBJECT),
      kind: 'Lease',
      metadata: {
        name: CANARY_OBJECT.name,
        namespace,
        annotations: { [CANARY_NUMBER_ANNOTATION]: '0' },
      },
      spec: { holderIdentity: holder },
    });
  }

  #clientOf(server: string): KubernetesClient {
    const client = this.#clients.get(server) ?? new KubernetesClient(connectionTo(this.#connection, server));
    this.#clients.set(server, client);
    return client;
  }

  #now(): Instant {
    return this.#options.now?.() ?? Date.now() * 1_000;
  }

  /** What each API server counts of its own audit events; see `AuditCounts`. Undefined where it does not say. */
  async counts(server: string): Promise<AuditCounts | undefined> {
    try {
      return auditCountsIn(await this.#clientOf(server).text('/metrics'));
    } catch (error) {
      if (isTransient(error)) return undefined;
      throw error;
    }
  }
}

const maxVersion = (a: string | undefined, b: string | undefined): string | undefined =>
  compareResourceVersions(a, b) > 0 ? a : b;
