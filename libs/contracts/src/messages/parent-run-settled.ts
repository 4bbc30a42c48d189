import type { Instant } from '@margay/ground';
import { INSTANT, type RecordSchema } from '../avro/schema.ts';
import { PARENT_RUN_SETTLED_RELEASES } from '../releases/parent-run-settled.ts';
import { defineTopic } from '../topic.ts';
import type { ChildCounts, ParentState } from './parent-run.ts';

/** Nothing of a run over many clusters is under way any more. Names no cluster that was chosen: who may read it may not know them all. */
export interface ParentRunSettled extends Omit<ChildCounts, 'notYet'> {
  /** The one whose GlobalReport it is. */
  readonly cluster: string;
  readonly id: string;
  readonly reportName: string;
  readonly reportType: string;
  readonly start: Instant;
  readonly end: Instant;
  /** One that failed may come to something after all: then it is told of again. */
  readonly state: Exclude<ParentState, 'running'>;
  readonly settledAt: Instant;
}

const SCHEMA: RecordSchema = {
  type: 'record',
  name: 'ParentRunSettled',
  namespace: 'io.margay',
  doc: 'Nothing of a run of a GlobalReport over many clusters is under way any more. The reports of its clusters are told of one by one.',
  fields: [
    { name: 'cluster', type: 'string', doc: 'The cluster whose GlobalReport it is.' },
    { name: 'id', type: 'string', doc: 'Of the run. A repeat has the same one, and the same state.' },
    { name: 'reportName', type: 'string', doc: 'Of the GlobalReport; its reports are called CLUSTER:NAME.' },
    { name: 'reportType', type: 'string' },
    { name: 'start', type: INSTANT },
    { name: 'end', type: INSTANT },
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
    { name: 'settledAt', type: INSTANT, doc: 'When that was found; of a repeat it may be later.' },
  ],
};

/** News of runs over many clusters. */
export const parentRunsSettled = defineTopic<ParentRunSettled>({
  name: 'margay.parent-run-settled',
  about:
    'Runs of GlobalReports over many clusters of which nothing is under way any more, with how many clusters are so.',
  schema: SCHEMA,
  released: PARENT_RUN_SETTLED_RELEASES,
  key: 'cluster and name of the GlobalReport',
  keyOf: ({ cluster, reportName }) => `${cluster}/${reportName}`,
  toRecord: (settled) => settled,
  fromRecord: (record: ParentRunSettled) => ({ ...record }),
});
