import type {
  AuditEvent,
  Comparison,
  PolicyChange,
  RowKind,
  Run,
  RunDetail,
  Trend,
} from '@margay/api-contract';
import { html, useState } from 'htm/preact';
import { AskButton } from './ask-button.ts';
import { part, query, useAnswer, useRunEvents } from './api.ts';
import { EvidenceSection } from './evidence-section.ts';
import { lineDiff } from './line-diff.ts';
import { Badge, Late, Name, Problem, RingFigure, Table, Time, visible, Wait } from './parts.ts';
import { MAIN_KINDS, TABLES } from './row-tables.ts';
import { TrendChart } from './trend-chart.ts';

const KINDS = Object.keys(TABLES) as RowKind[];

/** One run: its summary, how it came to it, its rows, and what it rests on. */
export function RunPage({ id }: { id: string }) {
  const { data: run, problem, again } = useAnswer<RunDetail>(`/runs/${part(id)}`);
  const isOver = run?.state === 'completed' || run?.state === 'failed';
  // Asked once more when changes are told: it may have changed until then.
  useRunEvents(['runs', 'open'], again, run !== undefined && !isOver);
  const trend = useAnswer<Trend>(`/runs/${part(id)}/trend`);
  const [kind, setKind] = useState<RowKind>();
  if (problem) return html`<${Problem} problem=${problem} />`;
  if (run === undefined) return html`<${Wait} />`;
  const kinds = KINDS.filter(
    (known) => (run.rowCounts?.[known] ?? 0) > 0 || known === (MAIN_KINDS[run.reportType] ?? 'endpoints'),
  );
  const shown = kind ?? kinds[0];
  const evidence = run.evidence;
  return html`<h1><${Name} text=${run.report} /> <${Badge} run=${run} /> <${Late} run=${run} /></h1>
    <p class="meta">
      <${Name} text=${run.reportType} /> · <${Time} at=${run.window.start} /> to${' '}
      <${Time} at=${run.window.end} />
      ${run.manual ? ' · outside its schedule' : ''}
    </p>
    <${RevisionSection} run=${run} />
    ${run.reason && html`<p class="card problem"><${Name} text=${run.reason} /></p>`}
    ${run.state !== 'completed' && html`<p class="card">There is no report yet: this run is ${run.state}.</p>`}
    ${
      run.summary &&
      html`<section class="card" aria-label="Summary">
        <div class="rings">${run.summary.rings.map((ring) => html`<${RingFigure} ...${ring} />`)}</div>
        ${run.summaryProblem && html`<p class="problem">The summary of this report type fails: <${Name} text=${run.summaryProblem} /></p>`}
        <p class="downloads">
          ${run.downloads.map(({ name: file, href }) => html`<a href=${href} download><${Name} text=${file} /></a>`)}
        </p>
        <dl class="facts">
          <div>
            <dt>SHA-256</dt>
            <dd>${run.digest}</dd>
          </div>
          <div>
            <dt>number in the archive’s chain</dt>
            <dd>${run.archive?.sequence}</dd>
          </div>
        </dl>
      </section>`
    }
    ${trend.data && trend.data.items.length > 1 && html`<${TrendSection} run=${run} items=${trend.data.items} />`}
    ${run.keptIn && html`<${KeptIn} keptIn=${run.keptIn} />`}
    ${
      run.state === 'completed' &&
      run.keptIn === null &&
      shown !== undefined &&
      // In an element of its own: what has a key that changes, and stands beside others without one, moves them.
      html`<section aria-label="Rows">
        <div class="tabs" role="group" aria-label="Tables">
          ${kinds.map(
            (known) =>
              html`<button
                type="button"
                aria-pressed=${known === shown ? 'true' : 'false'}
                onClick=${() => setKind(known)}
              >
                ${TABLES[known].title} (${(run.rowCounts?.[known] ?? 0).toLocaleString('en')})
              </button>`,
          )}
        </div>
        <${Rows} key=${shown} id=${id} kind=${shown} />
      </section>`
    }
    ${evidence && html`<${EvidenceSection} evidence=${evidence} />`}
    <h2>Selection</h2>
    <pre class="diff" tabindex="0" aria-label="Selection of the report">${visibleJson(run.spec)}</pre>`;
}

/** What a report supersedes and what supersedes it, and a button that makes the next revision. */
function RevisionSection({ run }: { run: RunDetail }) {
  if (run.state !== 'completed')
    return (
      run.revision > 1 && html`<p class="card">This is to be revision ${run.revision} of the report.</p>`
    );
  return html`<section class="card" aria-label="Revisions">
    ${
      run.supersededBy &&
      html`<p class="bad">
        A later revision supersedes this report:${' '}
        <a href="#/runs/${part(run.supersededBy)}"><${Name} text=${run.supersededBy} /></a>
      </p>`
    }
    ${
      run.supersedes &&
      html`<p>
        Revision ${run.revision}, which supersedes${' '}
        <a href="#/runs/${part(run.supersedes)}"><${Name} text=${run.supersedes} /></a>:
        ${run.unchanged ? ' nothing changed, the digest is the same.' : ' the digest is another.'}
      </p>`
    }
    ${run.keptIn === null && run.supersedes && run.unchanged === false && MAIN_KINDS[run.reportType] === undefined && html`<${Differences} id=${run.id} other=${run.supersedes} />`}
    ${run.late && html`<p><${Name} text=${run.late.words} /> than its evidence was read.</p>`}
    ${
      run.late &&
      run.late.opened.length > 0 &&
      html`<ul>
        ${run.late.opened.map((words) => html`<li><${Name} text=${words} /></li>`)}
      </ul>`
    }
    ${
      run.revisions.length > 1 &&
      html`<ul>
        ${run.revisions.map(
          ({ id, revision, generated }) =>
            html`<li>
              ${id === run.id ? `Revision ${revision}` : html`<a href="#/runs/${part(id)}">Revision ${revision}</a>`},
              archived <${Time} at=${generated} />
            </li>`,
        )}
      </ul>`
    }
    ${run.keptIn === null && html`<p><${AskButton} path="/runs/${part(run.id)}/revisions" label="Make a revision" /></p>`}
  </section>`;
}

/** A hub has headers: what else there is of a run is somewhere else. */
function KeptIn({ keptIn: { cell, url } }: { keptIn: NonNullable<RunDetail['keptIn']> }) {
  return html`<p class="card" aria-label="Kept in the cell">
    Rows, files and revisions of this report are in the cell <a href=${url}><${Name} text=${cell} /></a>.
  </p>`;
}

const visibleJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).split('\n').map(visible).join('\n');

function Rows({ id, kind }: { id: string; kind: RowKind }) {
  const [filter, setFilter] = useState('');
  const [where, setWhere] = useState<readonly string[]>([]);
  const [chosen, setChosen] = useState<AuditEvent>();
  const { title, flags, columns } = TABLES[kind];
  const toggle = (condition: string) =>
    setWhere(
      where.includes(condition) ? where.filter((other) => other !== condition) : [...where, condition],
    );
  return html`<form class="filters" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
      <label
        >Filter
        <input
          type="search"
          maxlength="1000"
          onInput=${(event: Event) => setFilter((event.target as HTMLInputElement).value)}
      /></label>
      ${flags.map(
        ([condition, label]) =>
          html`<label class="check"
            ><input
              type="checkbox"
              checked=${where.includes(condition)}
              onChange=${() => toggle(condition)}
            />
            ${label}</label
          >`,
      )}
    </form>
    <${Table}
      label=${title}
      path="/runs/${part(id)}/rows/${kind}${query({ filter, where: where.join(',') })}"
      columns=${columns(id, setChosen)}
    />
    ${chosen && html`<${ChangeSection} id=${id} event=${chosen} />`}`;
}

const SIGNS = { '+': 'put', '-': 'taken', ' ': 'same' };

function ChangeSection({ id, event }: { id: string; event: AuditEvent }) {
  const { data, problem } = useAnswer<PolicyChange>(`/runs/${part(id)}/changes/${part(event.auditID ?? '')}`);
  const lines = data && lineDiff(textOf(data.before), textOf(data.after));
  return html`<section class="card" aria-live="polite">
    <h2><${Name} text=${event.verb} /> by <${Name} text=${event.user?.username ?? ''} /></h2>
    <p class="meta"><${Time} at=${event.stageTimestamp ?? ''} /></p>
    ${problem && html`<${Problem} problem=${problem} />`}
    ${
      lines &&
      html`<div class="diff" role="group" tabindex="0" aria-label="What changed in the policy">
        ${lines.map(({ sign, text }) => html`<div class=${SIGNS[sign]}>${sign} ${visible(text)}</div>`)}
      </div>`
    }
  </section>`;
}

const textOf = (value: unknown): string => (value === null ? '' : JSON.stringify(value, undefined, 2));

function TrendSection({ run, items }: { run: RunDetail; items: readonly Run[] }) {
  const earlier = items.filter(({ id }) => id !== run.id).reverse();
  const [other, setOther] = useState(earlier[0]?.id);
  return html`<section class="card" aria-label="Trend">
    <h2>Trend</h2>
    <${TrendChart} items=${items} />
    ${
      run.keptIn === null &&
      MAIN_KINDS[run.reportType] === undefined &&
      other !== undefined &&
      html`<label>
          Compare with the window that ends${' '}
          <select onChange=${(event: Event) => setOther((event.target as HTMLSelectElement).value)}>
            ${earlier.map(({ id, window }) => html`<option value=${id}>${window.end.slice(0, 19)}Z</option>`)}
          </select>
        </label>
        <${Differences} id=${run.id} other=${other} />`
    }
  </section>`;
}

const DIFFERENCES = [
  ['lostIngress', 'Lost ingress protection'],
  ['lostEgress', 'Lost egress protection'],
  ['gainedIngress', 'Gained ingress protection'],
  ['gainedEgress', 'Gained egress protection'],
  ['appeared', 'Appeared'],
  ['vanished', 'Vanished'],
] as const;
const NAMES_MAX = 200;

function Differences({ id, other }: { id: string; other: string }) {
  const { data, problem } = useAnswer<Comparison>(`/runs/${part(id)}/compare/${part(other)}`);
  if (problem) return html`<${Problem} problem=${problem} />`;
  if (data === undefined) return html`<${Wait} />`;
  return html`<div class="split">
    ${DIFFERENCES.map(([field, title]) => {
      const names = data[field];
      return html`<details>
        <summary>${title}: <b>${names.length}</b></summary>
        <ul class="names">
          ${names.slice(0, NAMES_MAX).map((of) => html`<li><${Name} text=${of} /></li>`)}
          ${names.length > NAMES_MAX && html`<li>and ${names.length - NAMES_MAX} more</li>`}
        </ul>
      </details>`;
    })}
  </div>`;
}
