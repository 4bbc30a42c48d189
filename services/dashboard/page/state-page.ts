import type { Cluster, ClusterState } from '@margay/api-contract';
import { html, useEffect, useState } from 'htm/preact';
import { query, useAnswer } from './api.ts';
import { doubtList } from './evidence-section.ts';
import { Exposure, Name, Problem, Time, Wait } from './parts.ts';

const STEPS = 1_000;
const SETTLE_MILLISECONDS = 200;
const Now = ({ is, open }: { is: boolean; open: boolean }) =>
  open
    ? html`<span class="warn">not known</span>`
    : is
      ? html`<span class="good">yes</span>`
      : html`<span class="bad">no</span>`;

/** The cluster as it was: time is moved with a slider over all that the history spans. */
export function StatePage({ span }: { span: Cluster['span'] | undefined }) {
  const [step, setStep] = useState(STEPS);
  const [filter, setFilter] = useState('');
  const [path, setPath] = useState<string>();
  const [start, end] = [Date.parse(span?.start ?? ''), Date.parse(span?.end ?? '')];
  const at =
    span && (step === STEPS ? span.end : new Date(start + ((end - start) * step) / STEPS).toISOString());
  useEffect(() => {
    const timer = setTimeout(
      () => setPath(at ? `/state${query({ at, filter: filter.slice(0, 1_000) })}` : undefined),
      SETTLE_MILLISECONDS,
    );
    return () => clearTimeout(timer);
  }, [at, filter]);
  const { data, problem } = useAnswer<ClusterState>(path);
  const [last, setLast] = useState<ClusterState>();
  useEffect(() => {
    if (data) setLast(data);
  }, [data]);
  if (span === null)
    return html`<h1>Cluster at an instant</h1>
      <p class="wait">The history is empty.</p>`;
  const state = data ?? last;
  return html`<h1>Cluster at an instant</h1>
    <label>
      ${at ? html`<${Time} at=${at} />` : 'Time'}
      <input
        type="range"
        min="0"
        max=${STEPS}
        value=${step}
        aria-label="Time"
        aria-valuetext=${at}
        onInput=${(event: Event) => setStep(Number((event.target as HTMLInputElement).value))}
      />
    </label>
    ${problem && html`<${Problem} problem=${problem} />`}
    ${!problem && state === undefined && html`<${Wait} />`}
    ${
      state &&
      html`<div class="split">
          <div>
            <h2>Namespaces (${state.namespaces.length})</h2>
            <table class="plain" tabindex="0">
              <thead>
                <tr>
                  <th>Namespace</th>
                  <th>Endpoints</th>
                  <th>Ingress protected</th>
                  <th>Egress protected</th>
                </tr>
              </thead>
              <tbody>
                ${state.namespaces.map(
                  ({ name, endpoints, ingressProtected, egressProtected }) =>
                    html`<tr>
                      <td>${name === '' ? 'host endpoints' : html`<${Name} text=${name} />`}</td>
                      <td>${endpoints}</td>
                      <td class=${ingressProtected === endpoints ? 'good' : 'bad'}>${ingressProtected}</td>
                      <td class=${egressProtected === endpoints ? 'good' : 'bad'}>${egressProtected}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>
          <div>
            <h2>Policies (${state.policies.length})</h2>
            <table class="plain" tabindex="0">
              <thead>
                <tr>
                  <th>Policy</th>
                  <th>As it was since</th>
                  <th>Written by</th>
                </tr>
              </thead>
              <tbody>
                ${state.policies.map(
                  ({ name, since, actor }) =>
                    html`<tr>
                      <td><${Name} text=${name} /></td>
                      <td><${Time} at=${since} /></td>
                      <td><${Name} text=${actor ?? 'not known'} /></td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>
        </div>
        <h2>Endpoints (${state.total.toLocaleString('en')})</h2>
        <form class="filters" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
          <label
            >Filter
            <input
              type="search"
              maxlength="1000"
              onInput=${(event: Event) => setFilter((event.target as HTMLInputElement).value)}
          /></label>
        </form>
        <table class="plain" tabindex="0">
          <thead>
            <tr>
              <th>Endpoint</th>
              <th>Ingress protected</th>
              <th>Egress protected</th>
              <th>From internet</th>
              <th>To internet</th>
              <th>Policies</th>
            </tr>
          </thead>
          <tbody>
            ${state.endpoints.map(
              (row) =>
                html`<tr>
                  <td><${Name} text=${row.endpoint} /></td>
                  <td>
                    <${Now} is=${row.ingressProtected} open=${row.notKnown.includes('ingressProtected')} />
                  </td>
                  <td>
                    <${Now} is=${row.egressProtected} open=${row.notKnown.includes('egressProtected')} />
                  </td>
                  <td>
                    <${Exposure}
                      is=${row.ingressFromInternet}
                      open=${row.notKnown.includes('ingressFromInternet')}
                    />
                  </td>
                  <td>
                    <${Exposure}
                      is=${row.egressToInternet}
                      open=${row.notKnown.includes('egressToInternet')}
                    />
                  </td>
                  <td><${Name} text=${row.policies.join(', ')} /></td>
                </tr>`,
            )}
          </tbody>
        </table>
        ${state.endpoints.length < state.total && html`<p class="soft">The first ${state.endpoints.length}: filter to see others.</p>`}
        ${state.doubts.total > 0 && doubtList(state.doubts)}`
    }`;
}
