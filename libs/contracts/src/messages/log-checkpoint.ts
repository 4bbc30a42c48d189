import type { RecordSchema } from '../avro/schema.ts';
import { LOG_CHECKPOINT_RELEASES } from '../releases/log-checkpoint.ts';
import { defineTopic } from '../topic.ts';

/** The signed head of the log of reports, each time that it moves on. */
export interface LogCheckpoint {
  readonly cluster: string;
  /** The log's name, which stands in the checkpoint too. */
  readonly origin: string;
  /** How many entries the log has. */
  readonly size: number;
  /** The signed note. */
  readonly checkpoint: string;
}

const SCHEMA: RecordSchema = {
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
};

/** Heads of logs, for whoever keeps them. */
export const logCheckpoints = defineTopic<LogCheckpoint>({
  name: 'margay.log-checkpoints',
  about: 'Signed heads of the log of reports. Whoever keeps one sees whether the log goes on from it.',
  schema: SCHEMA,
  released: LOG_CHECKPOINT_RELEASES,
  key: 'cluster',
  keyOf: ({ cluster }) => cluster,
  toRecord: (message) => message,
  fromRecord: ({ cluster, origin, size, checkpoint }: LogCheckpoint) => ({
    cluster,
    origin,
    size,
    checkpoint,
  }),
});
