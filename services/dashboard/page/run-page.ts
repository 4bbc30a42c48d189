import { html, useEffect, useState } from 'htm/preact';
import { part, query, useAnswer, type Run } from './api.ts';
import { EvidenceSection, type Evidence } from './evidence-section.ts';
import { lineDiff } from './line-diff.ts';
import {
  Badge,
  Exposure,
  Name,
  Problem,
  Protection,
  RingFigure,
  Table,
  Time,
  visible,
  Wait,
  type Column,
} from './parts.ts';
import { TrendChart } from './trend-chart.ts';

interface Detail extends Omit<Run, 'evidence'> {
  readonly manual: boolean;
  readonly spec: unknown;
  /** Why the template of a type of users made no rings. */
  readonly summaryProblem: string | null;
  readonly rowCounts: Readonly<Record<string, number>> | null;
  readonly archive: { readonly sequence: number; readonly headerDigest: string } | null;
  readonly downloads: readonly { readonly name: string; readonly href: string }[];
  readonly evidence: Evidence | null;
}

type Row = Readonly<Record<string, never>>;

const protection = (field: string) => (row: Row) => html`<${Protection} is=${row[field]} />`;
const exposure = (field: string) => (row: Row) => html`<${Exposure} is=${row[field]} />`;
const name = (field: string) => (row: Row) => html`<${Name} text=${row[field]} />`;
const directions: readonly Column<Row>[] = [
  { title: 'Ingress protected', wide: true, sort: 'ingressProtected', cell: protection('ingressProtected') },
  { title: 'Egress protected', wide: true, sort: 'egressProtected', cell: protection('egressProtected') },
];

interface FlowEnd {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}
const flowEnd = ({ kind, namespace, name: of }: FlowEnd) =>
  `${kind}${of === '' ? '' : ` ${namespace === '' ? '' : `${namespace}/`}${of}`}`;

/** The tables, by kind of row. */
const TABLES: Readonly<
  Record<
    string,
    {
      title: string;
      flags: readonly (readonly [string, string])[];
      columns: (id: string) => readonly Column<Row>[];
    }
  >
> = {
  endpoints: {
    title: 'Endpoints',
    flags: [
      ['ingressProtected:false', 'ingress not always protected'],
      ['egressProtected:false', 'egress not always protected'],
      ['ingressFromInternet:true', 'ingress from internet'],
      ['egressToInternet:true', 'egress to internet'],
      ['ingressFromOtherNamespace:true', 'ingress from other namespaces'],
      ['egressToOtherNamespace:true', 'egress to other namespaces'],
    ],
    columns: (id) => [
      {
        title: 'Endpoint',
        sort: 'endpoint',
        wide: true,
        cell: (row) =>
          html`<a href="#/runs/${part(id)}/endpoint${query({ name: row['endpoint'] })}"
            ><${Name} text=${row['endpoint']}
          /></a>`,
      },
      ...directions,
      { title: 'From internet', sort: 'ingressFromInternet', cell: exposure('ingressFromInternet') },
      { title: 'To internet', sort: 'egressToInternet', cell: exposure('egressToInternet') },
      {
        title: 'Policies',
        wide: true,
        cell: (row) => html`<${Name} text=${(row['appliedPolicies'] as unknown as string[]).join(', ')} />`,
      },
    ],
  },
  namespaces: {
    title: 'Namespaces',
    flags: [
      ['ingressProtected:false', 'ingress not always protected'],
      ['egressProtected:false', 'egress not always protected'],
    ],
    columns: () => [
      { title: 'Namespace', sort: 'namespace', wide: true, cell: name('namespace') },
      ...directions,
      { title: 'From internet', sort: 'ingressFromInternet', cell: exposure('ingressFromInternet') },
      { title: 'To internet', sort: 'egressToInternet', cell: exposure('egressToInternet') },
    ],
  },
  services: {
    title: 'Services',
    flags: [['ingressProtected:false', 'ingress not always protected']],
    columns: () => [
      { title: 'Service', sort: 'service', wide: true, cell: name('service') },
      directions[0]!,
      { title: 'From internet', sort: 'ingressFromInternet', cell: exposure('ingressFromInternet') },
      {
        title: 'From other namespaces',
        sort: 'ingressFromOtherNamespace',
        cell: exposure('ingressFromOtherNamespace'),
      },
    ],
  },
  flows: {
    title: 'Flows',
    flags: [],
    columns: () => [
      { title: 'Source', wide: true, cell: (row) => html`<${Name} text=${flowEnd(row['source']!)} />` },
      {
        title: 'Destination',
        wide: true,
        cell: (row) => html`<${Name} text=${flowEnd(row['destination']!)} />`,
      },
    ],
  },
  auditEvents: { title: 'Policy changes', flags: [], columns: (id) => eventColumns(id) },
  refusedPolicyWrites: { title: 'Refused policy changes', flags: [], columns: (id) => eventColumns(id) },
};

interface AuditEvent {
  readonly auditID?: string;
  readonly verb?: string;
  readonly stageTimestamp?: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number; readonly reason?: string };
}
const eventOf = (row: Row) => row as unknown as AuditEvent;

const eventColumns = (id: string): readonly Column<Row>[] => [
  {
    title: 'Time',
    wide: true,
    sort: 'stageTimestamp',
    cell: (row) => html`<${Time} at=${eventOf(row).stageTimestamp ?? ''} />`,
  },
  { title: 'Actor', wide: true, cell: (row) => html`<${Name} text=${eventOf(row).user?.username ?? ''} />` },
  {
    title: 'Verb',
    sort: 'verb',
    cell: (row) =>
      html`${eventOf(row).verb}
      ${(eventOf(row).responseStatus?.code ?? 0) >= 400 ? html`<span class="bad">${eventOf(row).responseStatus?.code}</span>` : ''}`,
  },
  { title: 'Resource', cell: (row) => eventOf(row).objectRef?.resource },
  {
    title: 'Policy',
    wide: true,
    cell: (row) => {
      const { namespace, name: of = '' } = eventOf(row).objectRef ?? {};
      const text = `${namespace === undefined ? '' : `${namespace}/`}${of}`;
      return html`<button
        type="button"
        onClick=${() => dispatchEvent(new CustomEvent('margay-change', { detail: { id, row } }))}
      >
        <${Name} text=${text} />
      </button>`;
    },
  },
];

/** One run: its summary, how it came to it, its rows, and what it rests on. */
export function RunPage({ id }: { id: string }) {
  const { data: run, problem } = useAnswer<Detail>(`/runs/${part(id)}`);
  const trend = useAnswer<{ items: readonly Run[] }>(`/runs/${part(id)}/trend`);
  const [kind, setKind] = useState<string>();
  if (problem) return html`<${Problem} problem=${problem} />`;
  if (run === undefined) return html`<${Wait} />`;
  const kinds = Object.keys(TABLES).filter(
    (known) =>
      (run.rowCounts?.[known] ?? 0) > 0 ||
      (run.reportType === 'policy-audit' ? known === 'auditEvents' : known === 'endpoints'),
  );
  const shown = kind ?? kinds[0];
  const evidence = run.evidence;
  return html`<h1><${Name} text=${run.report} /> <${Badge} run=${run} /></h1>
    <p class="meta">
      ${run.reportType} · <${Time} at=${run.window.start} /> to <${Time} at=${run.window.end} />
      ${run.manual ? ' · asked for by a person' : ''}
    </p>
    ${run.reason && html`<p class="card problem"><${Name} text=${run.reason} /></p>`}
    ${run.state !== 'completed' && html`<p class="card">There is no report yet: this run is ${run.state}.</p>`}
    ${
      run.summary &&
      html`<section class="card" aria-label="Summary">
        <div class="rings">${run.summary.rings.map((ring) => html`<${RingFigure} ...${ring} />`)}</div>
        ${run.summaryProblem && html`<p class="problem">The summary of this report type fails: <${Name} text=${run.summaryProblem} /></p>`}
        <p class="downloads">
          ${run.downloads.map(({ name: file, href }) => html`<a href=${href} download>${file}</a>`)}
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
    ${trend.data && trend.data.items.length > 1 && html`<${Trend} run=${run} items=${trend.data.items} />`}
    ${
      run.state === 'completed' &&
      shown !== undefined &&
      html`<div class="tabs" role="group" aria-label="Tables">
          ${kinds.map(
            (known) =>
              html`<button
                type="button"
                aria-pressed=${known === shown ? 'true' : 'false'}
                onClick=${() => setKind(known)}
              >
                ${TABLES[known]!.title} (${(run.rowCounts?.[known] ?? 0).toLocaleString('en')})
              </button>`,
          )}
        </div>
        <${Rows} key=${shown} id=${id} kind=${shown} />`
    }
    ${evidence && html`<${EvidenceSection} evidence=${evidence} />`}
    <h2>Selection</h2>
    <pre class="diff" tabindex="0" aria-label="Selection of the report">${visibleJson(run.spec)}</pre>`;
}

const visibleJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).split('\n').map(visible).join('\n');

function Rows({ id, kind }: { id: string; kind: string }) {
  const [filter, setFilter] = useState('');
  const [where, setWhere] = useState<readonly string[]>([]);
  const [change, setChange] = useState<Row>();
  const { title, flags, columns } = TABLES[kind]!;
  useEffect(() => {
    const show = (event: Event) => setChange((event as CustomEvent<{ row: Row }>).detail.row);
    addEventListener('margay-change', show);
    return () => removeEventListener('margay-change', show);
  }, []);
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
      columns=${columns(id)}
    />
    ${change && html`<${PolicyChange} id=${id} event=${eventOf(change)} />`}`;
}

const SIGNS = { '+': 'put', '-': 'taken', ' ': 'same' };

interface Change {
  readonly before: unknown;
  readonly after: unknown;
}

function PolicyChange({ id, event }: { id: string; event: AuditEvent }) {
  const { data, problem } = useAnswer<Change>(`/runs/${part(id)}/changes/${part(event.auditID ?? '')}`);
  const lines = data && lineDiff(textOf(data.before), textOf(data.after));
  return html`<section class="card" aria-live="polite">
    <h2>${event.verb} by <${Name} text=${event.user?.username ?? ''} /></h2>
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

function Trend({ run, items }: { run: Detail; items: readonly Run[] }) {
  const earlier = items.filter(({ id }) => id !== run.id).reverse();
  const [other, setOther] = useState(earlier[0]?.id);
  return html`<section class="card" aria-label="Trend">
    <h2>Trend</h2>
    <${TrendChart} items=${items} />
    ${
      run.reportType !== 'policy-audit' &&
      other !== undefined &&
      html`<label>
          Compare with the window that ends
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
  const { data, problem } = useAnswer<Readonly<Record<string, readonly string[]>>>(
    `/runs/${part(id)}/compare/${part(other)}`,
  );
  if (problem) return html`<${Problem} problem=${problem} />`;
  if (data === undefined) return html`<${Wait} />`;
  return html`<div class="split">
    ${DIFFERENCES.map(([field, title]) => {
      const names = data[field] ?? [];
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
