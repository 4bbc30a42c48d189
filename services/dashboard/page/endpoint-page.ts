import type { Flag, Intervals, Row, Rows, RunDetail, Span, Timeline } from '@margay/api-contract';
import { html, useState } from 'htm/preact';
import { part, query, useAnswer } from './api.ts';
import { exact, Name, Problem, Time, visible, Wait } from './parts.ts';

const FLAGS: readonly (readonly [flag: Flag, words: string, isGood: boolean])[] = [
  ['ingressProtected', 'ingress protected', true],
  ['egressProtected', 'egress protected', true],
  ['ingressFromInternet', 'ingress from internet', false],
  ['egressToInternet', 'egress to internet', false],
  ['ingressFromOtherNamespace', 'ingress from other namespaces', false],
  ['egressToOtherNamespace', 'egress to other namespaces', false],
];

/** One endpoint in a window: its life drawn, and why it was what it was. */
export function EndpointPage({ id, endpoint }: { id: string; endpoint: string }) {
  const { data, problem } = useAnswer<Timeline>(`/runs/${part(id)}/timeline${query({ endpoint })}`);
  const row = useAnswer<Rows<'endpoints'>>(
    `/runs/${part(id)}/rows/endpoints${query({ filter: endpoint.slice(0, 1_000), limit: 20 })}`,
  );
  const run = useAnswer<RunDetail>(`/runs/${part(id)}`);
  const [chosen, setChosen] = useState(0);
  const own = row.data?.items.find((found) => found.endpoint === endpoint);
  const back = html`<p><a href="#/runs/${part(id)}">Back to the report</a></p>`;
  if (problem) return html`${back}<${Problem} problem=${problem} />`;
  if (data === undefined) return html`<${Wait} />`;
  const span = data.spans[Math.min(chosen, data.spans.length - 1)]!;
  return html`${back}
    <h1><${Name} text=${data.endpoint} /></h1>
    <p class="meta"><${Time} at=${data.window.start} /> to <${Time} at=${data.window.end} /></p>
    ${
      own &&
      html`<ul>
        ${(['Ingress', 'Egress'] as const).map((direction) => html`<${Open} direction=${direction} unprotected=${own[`unprotected${direction}`]} notKnown=${own[`notKnown${direction}`]} />`)}
        ${own.services.length > 0 && html`<li>Services: <${Name} text=${own.services.join(', ')} /></li>`}
      </ul>`
    }
    <section class="card" aria-label="Timeline">
      <${Drawing} timeline=${data} unseen=${unseenOf(data, own, run.data)} />
    </section>
    <h2>Stretches in which nothing changed</h2>
    <label>
      Stretch
      <select onChange=${(event: Event) => setChosen(Number((event.target as HTMLSelectElement).value))}>
        ${data.spans.map(({ start, end }, i) => html`<option value=${i}>${exact(start)} to ${exact(end)}</option>`)}
      </select>
    </label>
    <div class="split">
      <div>
        <h3>What was true, and why</h3>
        <table class="plain" tabindex="0">
          <tbody>
            ${FLAGS.map(([flag, words, isGood]) => {
              const holds = span.flags[flag];
              const isOpen = span.notKnown.includes(flag);
              return html`<tr>
                <td>${words}</td>
                <td class=${isOpen ? 'warn' : holds === isGood ? 'good' : 'bad'}>
                  ${isOpen ? 'not known' : holds ? 'yes' : 'no'}
                </td>
                <td>
                  ${(span.causes[flag] ?? []).map((cause) => html`<div><${Name} text=${cause} /></div>`)}
                </td>
              </tr>`;
            })}
          </tbody>
        </table>
        <h3>Labels that selectors see</h3>
        <table class="plain" tabindex="0">
          <thead>
            <tr>
              <th>Label</th>
              <th>Value</th>
              <th>From</th>
            </tr>
          </thead>
          <tbody>
            ${span.labels.map(
              ({ name, value, from }) =>
                html`<tr>
                  <td><${Name} text=${name} /></td>
                  <td><${Name} text=${value} /></td>
                  <td><${Name} text=${from} /></td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <div>
        <h3>Policies that applied, in the order of evaluation</h3>
        ${span.policies.length === 0 && html`<p class="bad">None.</p>`}
        <ol>
          ${span.policies.map(
            ({ name, tier, ingress, egress, selector }) =>
              html`<li>
                <b><${Name} text=${name} /></b>
                <div class="soft">
                  tier <${Name} text=${tier} />, governs${' '}
                  ${[ingress ? 'ingress' : '', egress ? 'egress' : ''].filter(Boolean).join(' and ') || 'nothing'}
                </div>
                <code><${Name} text=${selector} /></code>
              </li>`,
          )}
        </ol>
        <h3>Who changed what</h3>
        <table class="plain" tabindex="0">
          <tbody>
            ${data.events.map(
              ({ at, what, resource, actor }) =>
                html`<tr>
                  <td><${Time} at=${at} /></td>
                  <td><${Name} text=${what} /></td>
                  <td><${Name} text=${resource} /></td>
                  <td><${Name} text=${actor ?? 'not known'} /></td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </div>`;
}

const NONE: Intervals = { intervals: [], more: 0 };

function Open({
  direction,
  unprotected,
  notKnown = NONE,
}: {
  direction: string;
  unprotected: Intervals;
  notKnown: Intervals | undefined;
}) {
  const isOpen = unprotected.intervals.length > 0;
  const isNotKnown = notKnown.intervals.length > 0;
  if (!isOpen && !isNotKnown) return html`<li class="good">${direction} was protected at every instant.</li>`;
  return html`${
    isOpen && html`<li class="bad">${direction} was not protected ${intervalWords(unprotected)}.</li>`
  }${isNotKnown && html`<li class="warn">Whether ${direction.toLowerCase()} was protected is not known ${intervalWords(notKnown)}.</li>`}`;
}

const intervalWords = ({ intervals, more }: Intervals): string =>
  `${intervals.map(({ from, to }) => `from ${exact(from)} to ${exact(to)}`).join(', ')}${more > 0 ? `, and ${more} more times` : ''}`;

/** Time of which not everything is known. */
interface Unseen {
  /** The title of the row that it is about; absent for all. */
  readonly row?: string;
  readonly from: string;
  readonly to: string;
  readonly words: string;
}

/** When nobody saw the cluster, or what the endpoint was is not known; within the window. */
function unseenOf(
  { window, events }: Timeline,
  own: Row<'endpoints'> | undefined,
  run: RunDetail | undefined,
): readonly Unseen[] {
  const of = (words: string, found: Intervals['intervals'] = [], row?: string) =>
    found.map(({ from, to }): Unseen => {
      const begin = exact(from) < exact(window.start) ? window.start : from;
      const end = exact(to) > exact(window.end) ? window.end : to;
      return { from: begin, to: end, words, ...(row !== undefined && { row }) };
    });
  // In time order: a doubt about an object lasts until the next that is told of it.
  const doubts = events.flatMap(({ at, what, resource }, i) => {
    if (what !== 'in doubt') return [];
    const next = events.slice(i + 1).find((later) => later.resource === resource);
    return of('it may be otherwise', [{ from: at, to: next?.at ?? window.end }], resource);
  });
  return [
    ...of('nobody saw the cluster', run?.evidence?.sources?.gaps),
    ...of('whether it existed is not known', own?.notKnownInScope?.intervals),
    ...of('whether it was protected is not known', own?.notKnownIngress?.intervals, 'ingress'),
    ...of('whether it was protected is not known', own?.notKnownEgress?.intervals, 'egress'),
    ...doubts,
  ];
}

interface HatchedProps {
  readonly unseen: readonly Unseen[];
  /** Of the rows, from the top. */
  readonly titles: readonly string[];
  readonly x: (at: string) => number;
}

/** What is not known, hatched over the bars, so that none of them is full there. */
function Hatched({ unseen, titles, x }: HatchedProps) {
  return html`<defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="ground" width="6" height="6" />
        <line class="stroke" x1="0" y1="0" x2="0" y2="6" />
      </pattern>
    </defs>
    ${unseen.map(({ row, from, to, words }) => {
      const [first, count] = row === undefined ? [0, titles.length] : [titles.indexOf(row), 1];
      if (first < 0) return '';
      return html`<rect
        class="unseen"
        fill="url(#hatch)"
        x=${x(from)}
        y=${first * ROW + 1}
        width=${Math.max(2, x(to) - x(from))}
        height=${count * ROW - 2}
      >
        <title>${exact(from)} to ${exact(to)}: ${words}</title>
      </rect>`;
    })}`;
}

const [WIDTH, LEFT, ROW] = [900, 230, 20];

function Drawing({
  timeline: { window, spans, events },
  unseen,
}: {
  timeline: Timeline;
  unseen: readonly Unseen[];
}) {
  const [start, end] = [Date.parse(window.start), Date.parse(window.end)];
  const x = (at: string) =>
    LEFT + ((Date.parse(at) - start) / Math.max(1, end - start)) * (WIDTH - LEFT - 10);
  const policies = [...new Set(spans.flatMap((span) => span.policies.map(({ name }) => name)))];
  const rows: readonly { title: string; style: (span: Span) => string | undefined }[] = [
    { title: 'ingress', style: ({ flags }) => (flags.ingressProtected ? 'protected' : 'open') },
    { title: 'egress', style: ({ flags }) => (flags.egressProtected ? 'protected' : 'open') },
    ...policies.map((name) => ({
      title: name,
      style: (span: Span) => (span.policies.some((policy) => policy.name === name) ? 'policy' : undefined),
    })),
  ];
  const height = rows.length * ROW + 30;
  const short = (title: string) => (title.length > 34 ? `${title.slice(0, 33)}…` : title);
  return html`<div class="drawing" tabindex="0">
      <svg
        class="chart"
        viewBox="0 0 ${WIDTH} ${height}"
        role="img"
        aria-label="Life of the endpoint: when it was protected, and which policies applied. The tables below say the same."
      >
        ${rows.map(
          ({ title, style }, i) =>
            html`<text x="0" y=${i * ROW + 14}><title>${visible(title)}</title>${short(visible(title))}</text>
              ${spans.map((span) => {
                const name = style(span);
                return name === undefined
                  ? ''
                  : html`<rect
                      class=${name}
                      x=${x(span.start)}
                      y=${i * ROW + 3 + (name === 'open' ? 4 : 0)}
                      width=${Math.max(1, x(span.end) - x(span.start))}
                      height=${name === 'open' ? ROW - 14 : ROW - 6}
                    >
                      <title>${exact(span.start)} to ${exact(span.end)}</title>
                    </rect>`;
              })}`,
        )}
        <${Hatched} unseen=${unseen} titles=${rows.map(({ title }) => title)} x=${x} />
        ${events.map(({ at, what, resource }) => html`<line class="event" x1=${x(at)} x2=${x(at)} y1="0" y2=${rows.length * ROW}><title>${exact(at)}: ${visible(`${resource} ${what}`)}</title></line>`)}
        <text x=${LEFT} y=${height - 8}>${window.start.slice(0, 19)}Z</text>
        <text x=${WIDTH - 10} y=${height - 8} text-anchor="end">${window.end.slice(0, 19)}Z</text>
      </svg>
    </div>
    <p class="soft">
      Thick and green: protected; thin and red: not protected; hatched: not known; upright lines: changes.
    </p>`;
}
