import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const LOG_CHECKPOINT_RELEASES: readonly RecordSchema[] = [
  {
    type: 'record',
    name: 'LogCheckpoint',
    namespace: 'io.margay',
    doc: 'The signed head of the log of reports, each time that it moves on.',
    fields: [
      { name: 'cluster', type: 'string' },
      { name: 'origin', type: 'string', doc: "The log's name, which stands in the checkpoint too." },
      {
        name: 'size',
        type: 'long',
        doc: 'How many entries the log has. One may come again, and a smaller one after a greater.',
      },
      {
        name: 'checkpoint',
        type: 'string',
        doc: 'The signed note (C2SP tlog-checkpoint): keep it where nobody who can write the stores can write.',
      },
    ],
  },
];
