import type { Instant } from '@margay/ground';
import { write, type Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { getDocument, readAll, refresh } from '../elasticsearch/read.ts';
import { INSTANT, KEYWORD, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { statusOf } from '../elasticsearch/unusable.ts';
import type { KeptSession, SessionBounds, Sessions } from './sessions.ts';

/** The index of sessions. */
export const SESSION_TEMPLATE: IndexTemplate = {
  pattern: 'sessions',
  properties: {
    cluster: KEYWORD,
    digest: KEYWORD,
    owner: KEYWORD,
    sealed: STORED,
    startedAt: INSTANT,
    usedAt: INSTANT,
    endsAt: INSTANT,
  },
};

interface SessionDocument extends KeptSession {
  readonly cluster: string;
}

/** Sessions in Elasticsearch: each is read and ended by its id, so that every replica sees at once what another one did. */
export function elasticsearchSessions(elastic: Elastic): Sessions {
  const { client, cluster } = elastic;
  const index = elastic.index('sessions');
  const idOf = (digest: string) => documentId(cluster, digest);

  const end = async (digest: string) => {
    const { result } = await write(elastic, 'ending a session', (wait) =>
      client.delete({ ...wait, index, id: idOf(digest) }, { ignore: [404] }),
    );
    return result === 'deleted';
  };

  return {
    async begin(session, bounds) {
      const document: SessionDocument = { cluster, ...session };
      await write(elastic, 'keeping a session', (wait) =>
        client.index({ ...wait, index, id: idOf(session.digest), op_type: 'create', document }),
      );
      await refresh(elastic, index);
      for (const digest of await tooMany(elastic, index, session, bounds)) await end(digest);
    },

    async get(digest) {
      const found = await getDocument<SessionDocument>(elastic, index, idOf(digest));
      return found && sessionOf(found.source);
    },

    async use(digest, at) {
      try {
        // A request waits for it, and does without it where it cannot be.
        await write(elastic, 'noting the use of a session', (wait) =>
          client.update({ ...wait, index, id: idOf(digest), doc: { usedAt: at } }, { maxRetries: 0 }),
        );
      } catch (error) {
        // It was ended meanwhile, or somebody else noted a use of this very moment.
        if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
      }
    },

    async reseal(digest, sealed) {
      await write(elastic, 'changing a session', (wait) =>
        client.update(
          { ...wait, index, id: idOf(digest), doc: { sealed }, retry_on_conflict: 5 },
          { ignore: [404] },
        ),
      );
    },

    end,

    async of(owner) {
      const found: KeptSession[] = [];
      const documents = readAll<SessionDocument>(elastic, {
        index,
        query: { bool: { filter: [{ term: { cluster } }, { term: { owner } }] } },
        sort: [{ startedAt: 'desc' }, { digest: 'asc' }],
      });
      for await (const document of documents) found.push(sessionOf(document));
      return found;
    },

    async forget(endedBefore, unusedSince) {
      for await (const { digest } of over(elastic, index, endedBefore, unusedSince)) await end(digest);
    },
  };
}

const over = (elastic: Elastic, index: string, endedBefore: Instant, unusedSince: Instant) =>
  readAll<SessionDocument>(elastic, {
    index,
    query: {
      bool: {
        filter: [{ term: { cluster: elastic.cluster } }],
        should: [{ range: { endsAt: { lt: endedBefore } } }, { range: { usedAt: { lt: unusedSince } } }],
        minimum_should_match: 1,
      },
    },
    sort: [{ endsAt: 'asc' }, { digest: 'asc' }],
    fields: ['digest'],
  });

/** Those beyond the bounds, of the owner of one and of all, which were used longest ago; never that one. */
async function tooMany(
  elastic: Elastic,
  index: string,
  { digest: own, owner }: KeptSession,
  { ofOwner, inAll }: SessionBounds,
): Promise<Set<string>> {
  const found = new Set<string>();
  const ofCluster = [{ term: { cluster: elastic.cluster } }];
  for (const [filter, most] of [
    [[...ofCluster, { term: { owner } }], ofOwner],
    [ofCluster, inAll],
  ] satisfies [object[], number][]) {
    const { count } = await elastic.call('counting sessions', () =>
      elastic.client.count({ index, query: { bool: { filter } } }),
    );
    // Those of the owner are not ended yet, but count no more.
    let left = count - found.size - most;
    if (left <= 0) continue;
    const unused = readAll<Pick<KeptSession, 'digest'>>(elastic, {
      index,
      query: { bool: { filter, must_not: [{ term: { digest: own } }] } },
      sort: [{ usedAt: 'asc' }, { digest: 'asc' }],
      fields: ['digest'],
    });
    for await (const { digest } of unused) {
      if (found.has(digest)) continue;
      found.add(digest);
      left -= 1;
      if (left === 0) break;
    }
  }
  return found;
}

const sessionOf = ({ cluster: _, ...session }: SessionDocument): KeptSession => session;
