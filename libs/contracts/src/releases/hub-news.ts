import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const HUB_NEWS_RELEASES: readonly RecordSchema[] = [
  {
    type: 'record',
    name: 'HubNews',
    namespace: 'io.margay',
    doc: 'What a hub is told of a cluster: the signed head of its log of reports, and with it the header of a report.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
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
            fields: [
              {
                name: 'entry',
                type: 'string',
                doc: 'The entry: canonical JSON, which the log’s tree is made of.',
              },
              {
                name: 'proof',
                type: 'string',
                doc: 'The `.tlog-proof` (C2SP) that it is in the log of `checkpoint`.',
              },
            ],
          },
        },
        doc: 'Oldest first; empty while the log has the key that it began with.',
      },
      {
        name: 'report',
        type: [
          'null',
          {
            type: 'record',
            name: 'LoggedHeader',
            doc: 'An archived report without its rows.',
            fields: [
              {
                name: 'entry',
                type: 'string',
                doc: 'The entry: canonical JSON, which the log’s tree is made of.',
              },
              {
                name: 'proof',
                type: 'string',
                doc: 'The `.tlog-proof` (C2SP) that it is in the log of `checkpoint`.',
              },
              {
                name: 'header',
                type: 'string',
                doc: 'The header in the archive, as JSON: summary, evidence, digests of the rows. The entry has its digest.',
              },
              {
                name: 'statement',
                type: ['null', 'string'],
                default: null,
                doc: 'The signed statement about its evidence (DSSE), where there is one.',
              },
            ],
          },
        ],
        default: null,
        doc: 'Absent where nothing but the head is told.',
      },
    ],
  },
  {
    type: 'record',
    name: 'HubNews',
    namespace: 'io.margay',
    doc: 'What a hub is told of a cluster: the signed head of its log of reports, and with it the header of a report.',
    fields: [
      {
        name: 'cluster',
        type: 'string',
      },
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
            fields: [
              {
                name: 'entry',
                type: 'string',
                doc: 'The entry: canonical JSON, which the log’s tree is made of.',
              },
              {
                name: 'proof',
                type: 'string',
                doc: 'The `.tlog-proof` (C2SP) that it is in the log of `checkpoint`.',
              },
            ],
          },
        },
        doc: 'Oldest first; empty while the log has the key that it began with.',
      },
      {
        name: 'report',
        type: [
          'null',
          {
            type: 'record',
            name: 'LoggedHeader',
            doc: 'An archived report without its rows.',
            fields: [
              {
                name: 'entry',
                type: 'string',
                doc: 'The entry: canonical JSON, which the log’s tree is made of.',
              },
              {
                name: 'proof',
                type: 'string',
                doc: 'The `.tlog-proof` (C2SP) that it is in the log of `checkpoint`.',
              },
              {
                name: 'header',
                type: 'string',
                doc: 'The header in the archive, as JSON: summary, evidence, digests of the rows. The entry has its digest.',
              },
              {
                name: 'statement',
                type: ['null', 'string'],
                default: null,
                doc: 'The signed statement about its evidence (DSSE), where there is one.',
              },
            ],
          },
        ],
        default: null,
        doc: 'Absent where nothing but the head is told.',
      },
      {
        name: 'signedAt',
        type: ['null', 'string'],
        default: null,
        doc: 'The line by which the key that signed `checkpoint` signs when it was the log’s head (C2SP tlog-cosignature). Absent where the time is not told.',
      },
    ],
  },
];
