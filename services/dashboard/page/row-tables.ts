import type { AuditEvent, FlowEnd, Row, RowKind } from '@margay/api-contract';
import { html } from 'htm/preact';
import { part, query } from './api.ts';
import { Exposure, Name, Protection, Time, type Column } from './parts.ts';

/** How rows of one kind are shown. */
interface RowTable<K extends RowKind> {
  readonly title: string;
  /** Conditions as the API takes them in `where`, in words. */
  readonly flags: readonly (readonly [condition: string, words: string])[];
  /** `choose` is called with an event of an audit that is clicked. */
  readonly columns: (id: string, choose: (event: AuditEvent) => void) => readonly Column<Row<K>>[];
}

/** Rows of older releases do not say what is not known. */
interface Open {
  readonly notKnown?: readonly string[] | undefined;
}
const isOpen = ({ notKnown }: Open, flag: string): boolean => notKnown?.includes(flag) === true;

type Having<F extends string, T> = { readonly [field in F]: T };

const protection =
  <F extends string>(field: F) =>
  (row: Having<F, boolean> & Open) =>
    html`<${Protection} is=${row[field]} open=${isOpen(row, field)} />`;
const exposure =
  <F extends string>(field: F) =>
  (row: Having<F, boolean> & Open) =>
    html`<${Exposure} is=${row[field]} open=${isOpen(row, field)} />`;
const name =
  <F extends string>(field: F) =>
  (row: Having<F, string>) =>
    html`<${Name} text=${row[field]} />`;

const ingress: Column<Having<'ingressProtected', boolean> & Open> = {
  title: 'Ingress protected',
  wide: true,
  sort: 'ingressProtected',
  cell: protection('ingressProtected'),
};
const egress: Column<Having<'egressProtected', boolean> & Open> = {
  title: 'Egress protected',
  wide: true,
  sort: 'egressProtected',
  cell: protection('egressProtected'),
};

const flowEnd = ({ kind, namespace, name: of }: FlowEnd) =>
  `${kind}${of === '' ? '' : ` ${namespace === '' ? '' : `${namespace}/`}${of}`}`;

const eventColumns: RowTable<'auditEvents'>['columns'] = (_id, choose) => [
  {
    title: 'Time',
    wide: true,
    sort: 'stageTimestamp',
    cell: ({ stageTimestamp = '' }) => html`<${Time} at=${stageTimestamp} />`,
  },
  { title: 'Actor', wide: true, cell: ({ user }) => html`<${Name} text=${user?.username ?? ''} />` },
  {
    title: 'Verb',
    sort: 'verb',
    cell: ({ verb, responseStatus: { code = 0 } = {} }) =>
      html`<${Name} text=${verb} /> ${code === 201 && verb !== 'create' ? '(created)' : ''}
        ${code >= 400 ? html`<span class="bad">${code}</span>` : ''}`,
  },
  { title: 'Resource', cell: ({ objectRef }) => html`<${Name} text=${objectRef?.resource ?? ''} />` },
  {
    title: 'Policy',
    wide: true,
    cell: (event) => {
      const { namespace, name: of = event.annotations?.['margay.io/deleted']?.replaceAll(',', ', ') ?? '' } =
        event.objectRef ?? {};
      const text = `${namespace === undefined ? '' : `${namespace}/`}${of}`;
      return html`<button type="button" onClick=${() => choose(event)}><${Name} text=${text} /></button>`;
    },
  },
];

/** What a type of report is about where it is not about endpoints. */
export const MAIN_KINDS: Readonly<Record<string, RowKind>> = {
  'policy-audit': 'auditEvents',
  'protection-audit': 'protectionChanges',
};

/** The tables, by kind of row. */
export const TABLES: { readonly [K in RowKind]: RowTable<K> } = {
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
          html`<a href="#/runs/${part(id)}/endpoint${query({ name: row.endpoint })}"
            ><${Name} text=${row.endpoint}
          /></a>`,
      },
      ingress,
      egress,
      { title: 'From internet', sort: 'ingressFromInternet', cell: exposure('ingressFromInternet') },
      { title: 'To internet', sort: 'egressToInternet', cell: exposure('egressToInternet') },
      {
        title: 'Policies',
        wide: true,
        cell: (row) => html`<${Name} text=${row.appliedPolicies.join(', ')} />`,
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
      ingress,
      egress,
      { title: 'From internet', sort: 'ingressFromInternet', cell: exposure('ingressFromInternet') },
      { title: 'To internet', sort: 'egressToInternet', cell: exposure('egressToInternet') },
    ],
  },
  services: {
    title: 'Services',
    flags: [['ingressProtected:false', 'ingress not always protected']],
    columns: () => [
      { title: 'Service', sort: 'service', wide: true, cell: name('service') },
      ingress,
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
      { title: 'Source', wide: true, cell: (row) => html`<${Name} text=${flowEnd(row.source)} />` },
      {
        title: 'Destination',
        wide: true,
        cell: (row) => html`<${Name} text=${flowEnd(row.destination)} />`,
      },
    ],
  },
  protectionChanges: {
    title: 'Changes of protection',
    flags: [],
    columns: () => [
      { title: 'Time', wide: true, sort: 'at', cell: ({ at }) => html`<${Time} at=${at} />` },
      { title: 'Effect', sort: 'effect', cell: name('effect') },
      {
        title: 'Verdict',
        sort: 'flag',
        wide: true,
        cell: ({ flag, was, is }) => html`<${Name} text=${`${flag}: ${was} → ${is}`} />`,
      },
      {
        title: 'Change',
        wide: true,
        cell: ({ changes }) =>
          html`<${Name} text=${changes.map(({ what, resource }) => `${what} ${resource}`).join(', ')} />`,
      },
      {
        title: 'Actor',
        cell: ({ changes }) =>
          html`<${Name} text=${[...new Set(changes.map(({ actor }) => actor ?? 'not known'))].join(', ')} />`,
      },
      {
        title: 'Endpoints',
        wide: true,
        cell: ({ endpoints }) => html`<${Name} text=${`${endpoints.length}: ${endpoints.join(', ')}`} />`,
      },
    ],
  },
  auditEvents: { title: 'Policy changes', flags: [], columns: eventColumns },
  refusedPolicyWrites: { title: 'Refused policy changes', flags: [], columns: eventColumns },
  unsettledPolicyWrites: { title: 'Unsettled policy changes', flags: [], columns: eventColumns },
};
