import type { Evidence, NamedObjects } from '@margay/api-contract';
import { html } from 'htm/preact';
import { Name, Time } from './parts.ts';

type FlowLogs = NonNullable<NonNullable<Evidence['sources']>['flows']>;
type Counts = Readonly<Record<string, number>>;

/** What a report rests on: what its sources delivered, and what of it could not be used. */
export function EvidenceSection({ evidence }: { evidence: Evidence }) {
  const { sources, doubts, neverSeen, firstSeenInMidLife, endedByInference, unreadPolicies } = evidence;
  const counted = (title: string, counts: Counts) =>
    Object.entries(counts).map(
      ([reason, n]) =>
        html`<tr>
          <td>${title}</td>
          <td><${Name} text=${reason} /></td>
          <td>${n.toLocaleString('en')}</td>
        </tr>`,
    );
  const named = (title: string, { total, names }: NamedObjects) =>
    total > 0 &&
    html`<details>
      <summary>${title}: <b>${total.toLocaleString('en')}</b></summary>
      <ul class="names">
        ${names.map((of) => html`<li><${Name} text=${of} /></li>`)}
      </ul>
    </details>`;
  return html`<section aria-label="Evidence">
    <h2>Evidence</h2>
    <p class=${evidence.complete ? 'good' : 'warn'}>
      <b><${Name} text=${evidence.words} /></b>
    </p>
    <ul>
      ${[...evidence.proof, ...evidence.reasons, ...(evidence.enforcement ? [evidence.enforcement.statement] : []), ...evidence.notes].map((text) => html`<li><${Name} text=${text} /></li>`)}
    </ul>
    ${
      sources &&
      html`<div class="split">
          <div>
            <h3>What became of the events</h3>
            <table class="plain" tabindex="0">
              <tbody>
                <tr>
                  <td>read</td>
                  <td></td>
                  <td>${sources.events.read.toLocaleString('en')}</td>
                </tr>
                <tr>
                  <td>applied</td>
                  <td></td>
                  <td>${sources.events.applied.toLocaleString('en')}</td>
                </tr>
                ${counted('ignored', sources.events.ignored)} ${counted('doubtful', sources.events.doubtful)}
                ${counted('unusable', sources.events.unusable)}
              </tbody>
            </table>
          </div>
          <div>
            <h3>Sources</h3>
            <table class="plain" tabindex="0">
              <thead>
                <tr>
                  <th>Source</th>
                  <th>Positions</th>
                  <th>First event</th>
                  <th>Last event</th>
                  <th>Grade</th>
                  <th>Longest silence</th>
                </tr>
              </thead>
              <tbody>
                ${sources.sources.map(
                  ({ source, lines, firstEvent, lastEvent, grade, longestSilence, allowedSilence }) =>
                    html`<tr>
                      <td><${Name} text=${source} /></td>
                      <td>${lines.toLocaleString('en')}</td>
                      <td>${firstEvent && html`<${Time} at=${firstEvent} />`}</td>
                      <td>${lastEvent && html`<${Time} at=${lastEvent} />`}</td>
                      <td>${grade}</td>
                      <td>
                        ${longestSilence && `${longestSilence.seconds} s of ${allowedSilence ?? '?'} s`}
                      </td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>
        </div>
        ${
          sources.problems.total > 0 &&
          html`<details>
            <summary>Problems: <b>${sources.problems.total}</b></summary>
            <ul class="names">
              ${sources.problems.listed.map(({ source, line, message }) => html`<li><${Name} text="${source}:${line}: ${message}" /></li>`)}
            </ul>
          </details>`
        }
        ${sources.flows && flowLogs(sources.flows)} ${sources.canaries && canaryTable(sources.canaries)}`
    }
    ${doubts !== undefined && doubts.total > 0 && doubtList(doubts)}
    ${neverSeen !== undefined && neverSeen.total > 0 && neverSeenList(neverSeen)}
    ${named('First seen in mid-life', firstSeenInMidLife)}
    ${named('Ends that were concluded', endedByInference)}
    ${
      unreadPolicies.total > 0 &&
      html`<details>
        <summary>Problems in policies: <b>${unreadPolicies.total}</b></summary>
        <ul class="names">
          ${unreadPolicies.problems.map(({ policy, field, message, consequence }) => html`<li><${Name} text="${policy} ${field}: ${message} ${consequence}" /></li>`)}
        </ul>
      </details>`
    }
  </section>`;
}

/** What canaries say of each API server. */
function canaryTable(canaries: NonNullable<NonNullable<Evidence['sources']>['canaries']>) {
  return html`<h3>Canaries</h3>
    <table class="plain" tabindex="0">
      <thead>
        <tr>
          <th>API server</th>
          <th>Proven by</th>
          <th>Came in</th>
          <th>Last written</th>
          <th class="wide">Why not since</th>
        </tr>
      </thead>
      <tbody>
        ${canaries.map(
          ({ server, provenBy, seenBy, lastWritten, notWritten = '' }) =>
            html`<tr>
              <td><${Name} text=${server} /></td>
              <td class=${provenBy.length > 0 ? 'good' : 'warn'}>
                <${Name} text=${provenBy.join(', ') || 'none'} />
              </td>
              <td><${Name} text=${seenBy.join(', ') || 'none'} /></td>
              <td>${lastWritten && html`<${Time} at=${lastWritten} />`}</td>
              <td><${Name} text=${notWritten} /></td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

/** How many doubts are shown without being asked for. */
const DOUBTS_SHOWN = 10;

/** What the evidence leaves open: about what, from when to when, and why. */
export function doubtList({ total, listed }: NonNullable<Evidence['doubts']>) {
  return html`<details open=${total <= DOUBTS_SHOWN}>
    <summary>Doubts:${' '}<b>${total.toLocaleString('en')}</b></summary>
    <table class="plain" tabindex="0">
      <thead>
        <tr>
          <th>About</th>
          <th>Since</th>
          <th>Until</th>
          <th class="wide">Why</th>
        </tr>
      </thead>
      <tbody>
        ${listed.map(
          ({ about, since, until, message }) =>
            html`<tr>
              <td><${Name} text=${about} /></td>
              <td>${since === undefined ? 'ever' : html`<${Time} at=${since} />`}</td>
              <td>${until === undefined ? 'not settled' : html`<${Time} at=${until} />`}</td>
              <td><${Name} text=${message} /></td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${listed.length < total && html`<p class="meta">${(total - listed.length).toLocaleString('en')} more.</p>`}
  </details>`;
}

/** What existed and was never seen: what, named by whom, and when. */
function neverSeenList({ total, numEndpoints, listed }: NonNullable<Evidence['neverSeen']>) {
  return html`<details open=${numEndpoints > 0 && total <= DOUBTS_SHOWN}>
    <summary>
      Named and never seen:${' '}
      <b
        >${total.toLocaleString('en')}${numEndpoints > 0 && `, ${numEndpoints.toLocaleString('en')} of them endpoints`}</b
      >
    </summary>
    <table class="plain" tabindex="0">
      <thead>
        <tr>
          <th>What</th>
          <th class="wide">Named by</th>
          <th>From</th>
          <th>To</th>
        </tr>
      </thead>
      <tbody>
        ${listed.map(
          ({ resource, isKept, namedBy, namedFrom, namedTo }) =>
            html`<tr>
              <td><${Name} text=${resource} />${isKept ? '' : ' (no history is kept of its kind)'}</td>
              <td><${Name} text=${namedBy.join(', ')} /></td>
              <td><${Time} at=${namedFrom} /></td>
              <td><${Time} at=${namedTo} /></td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${listed.length < total && html`<p class="meta">${(total - listed.length).toLocaleString('en')} more.</p>`}
  </details>`;
}

/** What the flow logs delivered, where there were any. */
function flowLogs({ sources, read, unusable, problems }: FlowLogs) {
  // Reports of older releases have names in place of sources.
  if (sources.length === 0 || (problems as typeof problems | undefined) === undefined) return null;
  return html`
    <p class="meta">
      Flow logs <${Name} text=${sources.map(({ source }) => source).join(', ')} />:${' '}
      ${read.toLocaleString('en')} records read,${' '} ${unusable.toLocaleString('en')} of them unusable.
    </p>
    ${
      problems.total > 0 &&
      html`<details>
        <summary>Problems in flow logs: <b>${problems.total}</b></summary>
        <ul class="names">
          ${problems.listed.map(({ source, line, message }) => html`<li><${Name} text="${source}:${line}: ${message}" /></li>`)}
        </ul>
      </details>`
    }
  `;
}
