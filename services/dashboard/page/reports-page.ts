import type { Cluster, GlobalReports, Run, Runs } from '@margay/api-contract';
import { html, useEffect, useState } from 'htm/preact';
import { AskButton } from './ask-button.ts';
import { ask, isAway, part, query, useAnswer, useRunEvents, type ApiProblem } from './api.ts';
import { OverClusters } from './parent-runs.ts';
import { Badge, Late, Name, Problem, RingFigure, Time, visible, Wait } from './parts.ts';

const LIMIT = 25;
const SETTLE_MILLISECONDS = 150;

/** Runs of all reports, newest first, with their summaries. */
export function ReportsPage({ cluster }: { cluster: Cluster | undefined }) {
  const [filters, setFilters] = useState<Record<string, string>>({});
  const [asked, setAsked] = useState<Record<string, string>>({});
  const [more, setMore] = useState<readonly Run[]>([]);
  const [next, setNext] = useState<string | null>();
  const [problem, setProblem] = useState<ApiProblem>();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(filters), SETTLE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [filters]);
  const path = `/runs${query({ ...asked, ...dates(asked), limit: LIMIT })}`;
  const answer = useAnswer<Runs>(path);
  useEffect(() => {
    setMore([]);
    setNext(undefined);
  }, [path]);
  const { again } = answer;
  useRunEvents(['runs'], again);
  const older = async (cursor: string) => {
    try {
      const page = await ask<Runs>(`${path}&cursor=${part(cursor)}`);
      setMore([...more, ...page.items]);
      setNext(page.next);
    } catch (error) {
      setProblem(error as ApiProblem);
    }
  };
  const set = (event: Event) => {
    const { name, value } = event.target as HTMLInputElement;
    setFilters({ ...filters, [name]: value.slice(0, 1_000) });
  };
  const choice = (name: string, label: string, values: readonly string[]) =>
    html`<label
      >${label}
      <select name=${name} onChange=${set}>
        <option value="">any</option>
        ${values.map((value) => html`<option value=${value}>${visible(value)}</option>`)}
      </select></label
    >`;
  const cursor = next === undefined ? answer.data?.next : next;
  return html`<h1>Compliance reports</h1>
    <form class="filters" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
      <label>Text <input type="search" name="text" onInput=${set} /></label>
      ${choice('report', 'Report', cluster?.reports ?? [])}
      ${choice('type', 'Type', cluster?.reportTypes ?? [])}
      ${choice('state', 'State', ['completed', 'running', 'emitted', 'failed'])}
      ${choice('evidence', 'Evidence', ['complete', 'gaps'])}
      <label>From (UTC) <input type="date" name="from" onChange=${set} /></label>
      <label>To (UTC) <input type="date" name="to" onChange=${set} /></label>
    </form>
    <${Schedules} />
    <${OverClusters} />
    ${answer.problem && html`<${Problem} problem=${answer.problem} />`}
    ${problem && html`<${Problem} problem=${problem} />`}
    ${answer.data === undefined && !answer.problem && html`<${Wait} />`}
    ${answer.data && html`<p class="soft" role="status">${answer.data.total.toLocaleString('en')} ${answer.data.total === 1 ? 'run' : 'runs'}</p>`}
    ${answer.data?.total === 0 && html`<p class="wait">No run is like this. A report is shown here as soon as its window is due.</p>`}
    ${[...(answer.data?.items ?? []), ...more].map((run) => html`<${RunCard} key=${run.id} run=${run} />`)}
    ${cursor && html`<p><button type="button" onClick=${() => void older(cursor)}>Older runs</button></p>`}`;
}

/** Days as instants: `to` means the whole day. */
function dates({ from, to }: Record<string, string>) {
  return {
    from: from ? `${from}T00:00:00Z` : undefined,
    to: to ? `${to}T23:59:59Z` : undefined,
  };
}

function RunCard({ run }: { run: Run }) {
  const { summary } = run;
  const endpoints = summary?.endpoints;
  return html`<article class="card">
    <h2>
      <a href="#/runs/${part(run.id)}"><${Name} text=${run.report} /></a> <${Badge} run=${run} />
      <${Late} run=${run} />
    </h2>
    <p class="meta">
      <${Name} text=${run.reportType} /> · <${Time} at=${run.window.start} /> to${' '}
      <${Time} at=${run.window.end} />
      ${run.revision > 1 && ` · revision ${run.revision}${run.unchanged ? ', unchanged' : ''}`}
    </p>
    ${run.reason && html`<p class="bad"><${Name} text=${run.reason} /></p>`}
    ${summary && html`<div class="rings">${summary.rings.map((ring) => html`<${RingFigure} ...${ring} />`)}</div>`}
    ${
      endpoints !== undefined &&
      endpoints.numTotal > 0 &&
      html`<dl class="facts">
        ${[
          ['from internet', endpoints.numIngressFromInternet],
          ['to internet', endpoints.numEgressToInternet],
          ['from other namespaces', endpoints.numIngressFromOtherNamespace],
          ['to other namespaces', endpoints.numEgressToOtherNamespace],
        ].map(
          ([name, count]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${count}</dd>
            </div>`,
        )}
      </dl>`
    }
  </article>`;
}

/** The GlobalReports: what is due next, what came last, and a button that has one computed now. */
function Schedules() {
  const { data, problem, again } = useAnswer<GlobalReports>('/reports');
  if (data === undefined && problem && isAway(problem)) return html`<${Problem} problem=${problem} />`;
  if (data === undefined || data.items.length === 0) return null;
  return html`<details class="card">
    <summary>GlobalReports (${data.items.length})</summary>
    <div class="scroll" tabindex="0" role="group" aria-label="GlobalReports">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Report</th>
            <th scope="col">Type</th>
            <th scope="col">Schedule (UTC)</th>
            <th scope="col">Next due</th>
            <th scope="col">Last run</th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>
          ${data.items.map(
            ({ name, reportType, schedule, suspended, clusters, next, last }) =>
              html`<tr key=${name}>
                <td><${Name} text=${name} /></td>
                <td><${Name} text=${reportType} />${clusters !== null && ', over many clusters'}</td>
                <td><${Name} text=${schedule ?? 'when asked'} />${suspended && ', suspended'}</td>
                <td>${next === null ? '' : html`<${Time} at=${next.due} />`}</td>
                <td>
                  ${
                    last === null
                      ? clusters === null
                        ? 'never'
                        : 'below'
                      : html`<a href="#/runs/${part(last.id)}">to <${Time} at=${last.window.end} /></a>
                          <${Badge} run=${last} /> <${Late} run=${last} />`
                  }
                </td>
                <td>
                  <${AskButton}
                    path="/reports/${part(name)}/runs"
                    label="Run now"
                    about=${name}
                    onAsked=${again}
                  />
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
