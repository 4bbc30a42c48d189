import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const PARENT_RUN_SETTLED_RELEASES: readonly RecordSchema[] = [
  {
    type: 'record',
    name: 'ParentRunSettled',
    namespace: 'io.margay',
    doc: 'Nothing of a run of a GlobalReport over many clusters is under way any more. The reports of its clusters are told of one by one.',
    fields: [
      { name: 'cluster', type: 'string', doc: 'The cluster whose GlobalReport it is.' },
      { name: 'id', type: 'string', doc: 'Of the run. A repeat has the same one, and the same state.' },
      {
        name: 'reportName',
        type: 'string',
        doc: 'Of the GlobalReport; its reports are called CLUSTER:NAME.',
      },
      { name: 'reportType', type: 'string' },
      { name: 'start', type: { type: 'long', logicalType: 'timestamp-micros' } },
      { name: 'end', type: { type: 'long', logicalType: 'timestamp-micros' } },
      {
        name: 'state',
        type: 'string',
        doc: 'complete (all are archived, with complete evidence), with gaps (all are archived), or failed: one failed or is missing. One that failed may come to something after all, which is told as well.',
      },
      { name: 'clusters', type: 'int', doc: 'How many were chosen: as many as the next four together.' },
      { name: 'complete', type: 'int', doc: 'Clusters whose report is archived, with complete evidence.' },
      {
        name: 'withGaps',
        type: 'int',
        doc: 'Clusters whose report is archived, with evidence that is not complete.',
      },
      { name: 'failed', type: 'int', doc: 'Clusters whose report could not be computed.' },
      { name: 'missing', type: 'int', doc: 'Clusters whose report did not come within an hour, or is gone.' },
      {
        name: 'settledAt',
        type: { type: 'long', logicalType: 'timestamp-micros' },
        doc: 'When that was found; of a repeat it may be later.',
      },
    ],
  },
];
