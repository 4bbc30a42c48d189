import type { ParentRun, ParentRuns } from '@margay/api-contract';
import { html } from 'htm/preact';
import { isAway, part, useAnswer, useRunEvents } from './api.ts';
import { gradeText, Name, Problem, Time } from './parts.ts';

type ChildRun = ParentRun['children'][number];

const SHOWN = 10;
/** How a state is shown, not by colour alone. */
const LOOKS: Readonly<Record<ParentRun['state'], string>> = {
  running: 'warn',
  failed: 'bad',
  'with gaps': 'warn',
  complete: 'good',
};

/** The newest runs over many clusters, each with the runs of its clusters; nothing where there are none. */
export function OverClusters() {
  const { data, problem, again } = useAnswer<ParentRuns>(`/parent-runs?limit=${SHOWN}`);
  useRunEvents(['runs'], again);
  if (data === undefined && problem && isAway(problem)) return html`<${Problem} problem=${problem} />`;
  if (data === undefined || data.items.length === 0) return null;
  return html`<details class="card">
    <summary>Runs over many clusters (${data.total.toLocaleString('en')})</summary>
    <div class="scroll" tabindex="0" role="group" aria-label="Runs over many clusters">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Report</th>
            <th scope="col">Window</th>
            <th scope="col">State</th>
            <th scope="col" class="wide">Clusters</th>
          </tr>
        </thead>
        <tbody>
          ${data.items.map((run) => html`<${Row} key=${run.id} run=${run} />`)}
        </tbody>
      </table>
    </div>
  </details>`;
}

function Row({ run: { report, window, state, clusters, hidden, children } }: { run: ParentRun }) {
  return html`<tr>
    <td><${Name} text=${report} /></td>
    <td><${Time} at=${window.start} /> to <${Time} at=${window.end} /></td>
    <td><span class="badge ${LOOKS[state]}">${state}</span></td>
    <td>
      ${clusters.toLocaleString('en')} ${clusters === 1 ? 'cluster' : 'clusters'}
      <ul>
        ${children.map((child) => html`<li key=${child.cluster}><${Child} child=${child} /></li>`)}
        ${hidden > 0 && html`<li class="soft">${hidden.toLocaleString('en')} that you may not see</li>`}
      </ul>
    </td>
  </tr>`;
}

function Child({ child: { cluster, id, state, grade, complete, reason } }: { child: ChildRun }) {
  const name = html`<${Name} text=${cluster} />`;
  if (state !== 'completed' || grade === null)
    return html`${name}${': '}<span class=${state === 'not yet' ? 'soft' : 'bad'}>${state}</span
      >${reason !== null && html`, <${Name} text=${reason} />`}`;
  return html`<a href="/?cluster=${part(cluster)}#/runs/${part(id)}">${name}</a>${': '}<span
      class="badge ${complete ? 'good' : 'warn'}"
      >${gradeText(grade, complete === true)}</span
    >`;
}
