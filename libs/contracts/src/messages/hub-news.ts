import { optional, type RecordSchema } from '../avro/schema.ts';
import { HUB_NEWS_RELEASES } from '../releases/hub-news.ts';
import { defineTopic, present } from '../topic.ts';

/** An entry of a log of reports, and what shows that it is there. */
export interface ProvenEntry {
  /** Canonical JSON: of an entry the bytes that the log's tree is made of. */
  readonly entry: string;
  /** The `.tlog-proof` (C2SP) that it is in the log. */
  readonly proof: string;
}

/** An archived report without its rows, and its entry in the log of reports. */
export interface LoggedHeader extends ProvenEntry {
  /** The header in the archive, as JSON: the entry has its digest. */
  readonly header: string;
  /** The signed statement about its evidence: a DSSE envelope. Absent where a report of an older release says too little of it. */
  readonly statement?: string;
}

/**
 * What a hub is told of a cluster: the signed head of its log of reports, now and then and with each report. Whoever knows the key of the log checks
 * every message by itself, whatever became of those before it.
 */
export interface HubNews {
  readonly cluster: string;
  /** The signed note. */
  readonly checkpoint: string;
  /** The entries that tell of the log's keys, oldest first: in the log of that checkpoint. */
  readonly keyChanges: readonly ProvenEntry[];
  /** A report in the log of that checkpoint; absent where nothing but the head is told. */
  readonly report?: LoggedHeader;
  /**
   * The line by which the key that signed the checkpoint signs when it was the log's head (C2SP tlog-cosignature): a cell is seen to be there by
   * nothing else. Absent where the time is not told.
   */
  readonly signedAt?: string;
}

const ENTRY_FIELDS = [
  { name: 'entry', type: 'string', doc: 'The entry: canonical JSON, which the log’s tree is made of.' },
  { name: 'proof', type: 'string', doc: 'The `.tlog-proof` (C2SP) that it is in the log of `checkpoint`.' },
] as const;

const SCHEMA: RecordSchema = {
  type: 'record',
  name: 'HubNews',
  namespace: 'io.margay',
  doc: 'What a hub is told of a cluster: the signed head of its log of reports, and with it the header of a report.',
  fields: [
    { name: 'cluster', type: 'string' },
    {
      name: 'checkpoint',
      type: 'string',
      doc: 'The signed head of the log (C2SP tlog-checkpoint), which all proofs are of. One may come again, and an older one after a newer one.',
    },
    {
      name: 'keyChanges',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'KeyChangeEntry',
          doc: 'An entry that tells of the log’s key.',
          fields: ENTRY_FIELDS,
        },
      },
      doc: 'Oldest first; empty while the log has the key that it began with.',
    },
    optional(
      'report',
      {
        type: 'record',
        name: 'LoggedHeader',
        doc: 'An archived report without its rows.',
        fields: [
          ...ENTRY_FIELDS,
          {
            name: 'header',
            type: 'string',
            doc: 'The header in the archive, as JSON: summary, evidence, digests of the rows. The entry has its digest.',
          },
          optional(
            'statement',
            'string',
            'The signed statement about its evidence (DSSE), where there is one.',
          ),
        ],
      },
      'Absent where nothing but the head is told.',
    ),
    optional(
      'signedAt',
      'string',
      'The line by which the key that signed `checkpoint` signs when it was the log’s head (C2SP tlog-cosignature). Absent where the time is not told.',
    ),
  ],
};

interface NewsRecord extends Omit<HubNews, 'report' | 'signedAt'> {
  readonly report: (Omit<LoggedHeader, 'statement'> & { readonly statement: string | null }) | null;
  readonly signedAt: string | null;
}

const provenEntry = ({ entry, proof }: ProvenEntry): ProvenEntry => ({ entry, proof });

/** What hubs are told of clusters. */
export const hubNews = defineTopic<HubNews>({
  name: 'margay.hub-news',
  about:
    'What a hub is told of clusters: heads of their logs of reports, each minute, and headers of reports with what shows that they are in these logs. No rows.',
  schema: SCHEMA,
  released: HUB_NEWS_RELEASES,
  key: 'cluster',
  keyOf: ({ cluster }) => cluster,
  toRecord: ({ report, signedAt, ...news }): NewsRecord => ({
    ...news,
    report: report === undefined ? null : { ...report, statement: report.statement ?? null },
    signedAt: signedAt ?? null,
  }),
  fromRecord: ({ cluster, checkpoint, keyChanges, report, signedAt }: NewsRecord) => ({
    cluster,
    checkpoint,
    keyChanges: keyChanges.map(provenEntry),
    ...(report !== null && {
      report: {
        ...provenEntry(report),
        header: report.header,
        ...present('statement', report.statement),
      },
    }),
    ...present('signedAt', signedAt),
  }),
});
