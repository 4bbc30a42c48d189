import type { Run, RunsQuery } from '@margay/api-contract';

/** Of these runs those that the query is about, in their order. */
export const findRuns = (runs: readonly Run[], query: RunsQuery): Run[] =>
  runs.filter((run) => isFound(run, query));

function isFound(run: Run, query: RunsQuery): boolean {
  const { report, type, state, evidence, from, to, text = '', revisions } = query;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const inText = `${run.report} ${run.reportType} ${run.id}`.toLowerCase();
  return (
    (revisions === 'all' || run.supersededBy === null) &&
    (report === undefined || run.report === report) &&
    (type === undefined || run.reportType === type) &&
    (state === undefined || run.state === state) &&
    (evidence === undefined ||
      (run.evidence !== null && run.evidence.complete === (evidence === 'complete'))) &&
    (from === undefined || Date.parse(run.window.end) > Date.parse(from)) &&
    (to === undefined || Date.parse(run.window.start) < Date.parse(to)) &&
    words.every((word) => inText.includes(word))
  );
}
