import type { Clusters } from '@margay/api-contract';
import { html, useEffect, useState } from 'htm/preact';
import { part, showCluster, type Answer } from './api.ts';
import { gradeText, Late, Name, Problem, Time, visible, Wait } from './parts.ts';
import { worstFirst, type SeenCluster } from './worst-first.ts';

const LOOK_MILLISECONDS = 30_000;
/** So many sources are named; the others are counted. */
const NAMED_SOURCES = 3;
/** So many gaps that were found later are told; how many there are is said. */
const NAMED_GAPS = 3;

/** All clusters, worst first. */
export function FleetPage({ clusters }: { clusters: Answer<Clusters> }) {
  const [text, setText] = useState('');
  const { data, problem, again } = clusters;
  useEffect(() => {
    const timer = setInterval(again, LOOK_MILLISECONDS);
    return () => clearInterval(timer);
  }, []);
  if (problem && data === undefined) return html`<${Problem} problem=${problem} />`;
  if (data === undefined) return html`<${Wait} />`;
  const isHub = data.items.some(({ told }) => told !== null && told.feed !== null);
  const shown = worstFirst(data.items).filter(({ name }) => name.includes(text));
  return html`<h1>Clusters</h1>
    <form class="filters" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
      <label
        >Name
        <input
          type="search"
          name="text"
          onInput=${(event: Event) => setText((event.target as HTMLInputElement).value)}
      /></label>
    </form>
    ${problem && html`<${Problem} problem=${problem} />`}
    <p class="soft" role="status">
      ${shown.length.toLocaleString('en')} ${shown.length === 1 ? 'cluster' : 'clusters'}, those with the
      worst evidence first
    </p>
    <div class="card scroll" tabindex="0" role="group" aria-label="Clusters">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Cluster</th>
            <th scope="col" class="wide">Evidence of the last report</th>
            <th scope="col">Silent sources</th>
            <th scope="col">Last seen</th>
            <th scope="col" class="wide">Last report</th>
            ${isHub && html`<th scope="col" class="wide">Told by its cell</th>`}
          </tr>
        </thead>
        <tbody>
          ${shown.map((cluster) => html`<${Row} key=${cluster.name} cluster=${cluster} isHub=${isHub} />`)}
        </tbody>
      </table>
    </div>
    ${data.signInElsewhere && html`<${Elsewhere} />`}`;
}

/** Leads to a cluster that does not know who looks: its name is for those to say who know it. */
function Elsewhere() {
  const go = (event: Event) => {
    event.preventDefault();
    const { value } = (event.target as HTMLFormElement).elements.namedItem('elsewhere') as HTMLInputElement;
    showCluster(value.trim());
  };
  return html`<form class="filters" onSubmit=${go}>
      <label>Another cluster <input name="elsewhere" autocomplete="off" maxlength="253" required /></label>
      <button>Sign in there</button>
    </form>
    <p class="soft">Each cluster knows tokens of its own, and those that do not know you are not listed.</p>`;
}

/** Where the pages of a cluster are. */
const pagesOf = (name: string, hash = '#/'): string => `/?cluster=${part(name)}${hash}`;

function Row({ cluster: { name, told, problem }, isHub }: { cluster: SeenCluster; isHub: boolean }) {
  const link = html`<a href=${pagesOf(name)}><${Name} text=${name} /></a>`;
  if (told === null)
    return html`<tr>
      <td>${link}</td>
      <td colspan=${isHub ? 5 : 4} class="bad"><${Name} text=${problem ?? ''} /></td>
    </tr>`;
  const { lastReport, lastSeen, silent, sameAs } = told;
  return html`<tr>
    <td>
      ${link}${
        sameAs.length > 0 &&
        html`<br /><span class="bad"
            >one cluster with <${Name} text=${sameAs.join(', ')} />, by its uid</span
          >`
      }
    </td>
    <td><${Grade} told=${told} /></td>
    <td>
      ${silent.length === 0 ? html`<span class="soft">none</span>` : html`<${Sources} names=${silent} />`}
    </td>
    <td>${lastSeen === null ? html`<span class="soft">never</span>` : html`<${Time} at=${lastSeen} />`}</td>
    <td>
      ${
        lastReport === null
          ? html`<span class="soft">none yet</span>`
          : html`<a href=${pagesOf(name, `#/runs/${part(lastReport.id)}`)}
                ><${Name} text=${lastReport.report} /></a
              >${' to '}<${Time} at=${lastReport.window.end} />`
      }
    </td>
    ${isHub && html`<td>${told.feed !== null && html`<${Feed} feed=${told.feed} />`}</td>`}
  </tr>`;
}

function Feed({ feed: { state, heard, missing, words, cell, api } }: { feed: FeedOfCluster }) {
  const isGood = state === 'heard' && missing.length === 0;
  return html`<span class="badge ${isGood ? 'good' : 'warn'}"
      >${state === 'heard' && missing.length > 0 ? 'reports missing' : state}</span
    >${heard !== null && html`${' '}<${Time} at=${heard} />`}${' in '}<a href=${api}
      ><${Name} text=${cell} /></a
    >${!isGood && html`<br /><span class="soft"><${Name} text=${words} /></span>`}`;
}

type FeedOfCluster = NonNullable<NonNullable<SeenCluster['told']>['feed']>;

function Grade({ told }: { told: NonNullable<SeenCluster['told']> }) {
  const { grade, complete, words, late, twoClusters } = told;
  if (twoClusters !== null)
    return html`<span class="badge bad">two clusters</span>${' since '}<${Time}
        at=${twoClusters.since}
      /><br /><span class="soft"><${Name} text=${twoClusters.words} /></span>`;
  const opened = late?.opened ?? [];
  if (grade === null) return html`<span class="badge warn">no report yet</span>`;
  return html`<span class="badge ${complete ? 'good' : 'warn'}">${gradeText(grade, complete)}</span
    >${opened.length > 0 && html`${' '}<${Late} run=${told} />`}<br /><span class="soft"
      ><${Name} text=${[words, ...opened.slice(0, NAMED_GAPS)].join(' ')}
    /></span>`;
}

function Sources({ names }: { names: readonly string[] }) {
  const named = names.slice(0, NAMED_SOURCES);
  const more = names.length - named.length;
  return html`<span class="bad" title=${visible(names.join(', '))}
    >${named.map((name, i) => html`${i > 0 && ', '}<${Name} text=${name} />`)}${more > 0 && ` and ${more} more`}</span
  >`;
}
