import type { Elastic } from '../elasticsearch/connection.ts';
import { documentId } from '../elasticsearch/documents.ts';
import { getDocument, readAll } from '../elasticsearch/read.ts';
import { INSTANT, KEYWORD, STORED, type IndexTemplate } from '../elasticsearch/templates.ts';
import { statusOf } from '../elasticsearch/unusable.ts';
import type { KeptSession, Sessions } from './sessions.ts';

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
    const { result } = await elastic.call('ending a session', () =>
      client.delete({ index, id: idOf(digest) }, { ignore: [404] }),
    );
    return result === 'deleted';
  };

  return {
    async begin(session) {
      const document: SessionDocument = { cluster, ...session };
      await elastic.call('keeping a session', () =>
        client.index({ index, id: idOf(session.digest), op_type: 'create', document }),
      );
    },

    async get(digest) {
      const found = await getDocument<SessionDocument>(elastic, index, idOf(digest));
      return found && sessionOf(found.source);
    },

    async use(digest, at) {
      try {
        await elastic.call('noting the use of a session', () =>
          client.update({ index, id: idOf(digest), doc: { usedAt: at } }),
        );
      } catch (error) {
        // It was ended meanwhile, or somebody else noted a use of this very moment.
        if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
      }
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

    async forget(before) {
      const ended = readAll<SessionDocument>(elastic, {
        index,
        query: { bool: { filter: [{ term: { cluster } }, { range: { endsAt: { lt: before } } }] } },
        sort: [{ endsAt: 'asc' }, { digest: 'asc' }],
        fields: ['digest'],
      });
      for await (const { digest } of ended) await end(digest);
    },
  };
}

const sessionOf = ({ cluster: _, ...session }: SessionDocument): KeptSession => session;
