import { formatInstant } from '@margay/history';
import { REPORT_TYPES, type Report } from '@margay/reports';
import type { ArchivedHeader } from '@margay/storage';
import { contentOf } from '../archived-report.ts';
import { html, type Html } from './html.ts';
import { ring } from './ring.ts';

/** The first page: every archived report with its summary, its evidence and its downloads. */
export function reportsPage(
  cluster: string,
  headers: readonly ArchivedHeader[],
  next: string | undefined,
): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Compliance reports of ${cluster} · Margay</title>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <main>
          <header>
            <h1>Compliance reports</h1>
            <p>Cluster ${cluster}</p>
          </header>
          ${headers.length === 0 ? html`<p class="empty">No report is finished yet. This page shows each when it is.</p>` : headers.map(card)}
          ${next === undefined ? html`` : html`<p><a href="/?cursor=${encodeURIComponent(next)}">Older reports</a></p>`}
        </main>
      </body>
    </html>`;
  return page.text;
}

interface SourceEvidence {
  readonly complete?: boolean;
  readonly reasons?: readonly string[];
  readonly events?: { readonly read?: number; readonly applied?: number };
}

function card(header: ArchivedHeader): Html {
  const content = contentOf(header);
  const type = REPORT_TYPES.get(header.reportType);
  // The rings are drawn from the summaries, which stand in the header.
  const widgets = type?.uiSummary(content as Report).widgets ?? [];
  const { complete = false, reasons = [], events } = (content.evidence.sources ?? {}) as SourceEvidence;
  const midLife = content.evidence.firstSeenInMidLife.total;
  const unread = content.evidence.unreadPolicies.total;
  const notes = [
    ...reasons,
    ...(midLife > 0
      ? [`${midLife} resources were first seen in mid-life: what they were before is not known.`]
      : []),
    ...(unread > 0 ? [`${unread} problems in policies that could not be read.`] : []),
  ];
  const files = ['report.json', ...(type?.downloads.map(({ name }) => name) ?? [])];
  return html`<article>
    <h2>
      ${header.reportName}
      <span class="badge ${complete ? 'complete' : 'gaps'}"
        >${complete ? 'evidence complete' : 'evidence has gaps'}</span
      >
    </h2>
    <p class="meta">${header.reportType} · ${formatInstant(header.start)} to ${formatInstant(header.end)}</p>
    <div class="rings">
      ${widgets.map(({ heading, data: [{ label, value }], summary: { total } }) => ring({ heading, label, value, total }))}
    </div>
    <dl class="facts">
      ${factsOf(content, events).map(
        ([term, value]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${
      notes.length === 0
        ? html``
        : html`<ul class="reasons">
            ${notes.map((note) => html`<li>${note}</li>`)}
          </ul>`
    }
    <p class="downloads">
      ${files.map((file) => html`<a href="/reports/${encodeURIComponent(header.id)}/${file}" download>${file}</a>`)}
    </p>
  </article>`;
}

function factsOf(
  content: ReturnType<typeof contentOf>,
  events: SourceEvidence['events'],
): [string, string | number][] {
  const { endpointsSummary, auditSummary, reportTypeSpec } = content;
  return [
    ...(reportTypeSpec.includeEndpointData
      ? ([
          ['from internet', endpointsSummary.numIngressFromInternet],
          ['to internet', endpointsSummary.numEgressToInternet],
          ['from other namespaces', endpointsSummary.numIngressFromOtherNamespace],
          ['to other namespaces', endpointsSummary.numEgressToOtherNamespace],
        ] as [string, number][])
      : ([['refused writes', auditSummary.numRefused]] as [string, number][])),
    ['events read', events?.read ?? 0],
    ['applied', events?.applied ?? 0],
  ];
}
