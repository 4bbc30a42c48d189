import type { Cluster, Clusters } from '@margay/api-contract';
import { html, render, useEffect, useState } from 'htm/preact';
import { showCluster, useAnswer } from './api.ts';
import { CoveragePage } from './coverage-page.ts';
import { EndpointPage } from './endpoint-page.ts';
import { FleetPage } from './fleet-page.ts';
import { Name, Problem, visible } from './parts.ts';
import { ReportsPage } from './reports-page.ts';
import { RunPage } from './run-page.ts';
import { SignIn, SignOut } from './sign-in.ts';
import { StatePage } from './state-page.ts';

/** The cluster that the pages are about; a choice where there are several. */
function WhichCluster({ cluster, items }: { cluster: string | undefined; items: Clusters['items'] }) {
  if (items.every(({ isAsked }) => isAsked))
    return cluster === undefined ? null : html`Cluster <b><${Name} text=${cluster} /></b>`;
  const go = (event: Event) => showCluster((event.target as HTMLSelectElement).value);
  return html`<label
    >Cluster${' '}
    <select name="cluster" onChange=${go}>
      ${!items.some(({ isAsked }) => isAsked) && html`<option selected disabled>${visible(cluster ?? 'none of these')}</option>`}
      ${items.map(({ name, isAsked }) => html`<option value=${name} selected=${isAsked}>${visible(name)}</option>`)}
    </select></label
  >`;
}

/** Where one is: `#/runs/<id>?kind=endpoints`. */
function placeOf(hash: string) {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  return {
    parts: path.split('/').filter(Boolean).map(decoded),
    search: new URLSearchParams(search),
  };
}

/** What somebody wrote by hand may be no address: it leads to what is not found. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const PAGES = [
  { path: '', title: 'Reports' },
  { path: 'cluster', title: 'Cluster at an instant' },
  { path: 'coverage', title: 'Coverage' },
];
/** Where there are several clusters. */
const FLEET = { path: 'clusters', title: 'Clusters' };

function App() {
  const [hash, setHash] = useState(location.hash);
  const [isAsked, setAsked] = useState(false);
  const cluster = useAnswer<Cluster>('/cluster');
  const clusters = useAnswer<Clusters>('/clusters');
  useEffect(() => {
    const moved = () => setHash(location.hash);
    const signIn = () => setAsked(true);
    addEventListener('hashchange', moved);
    addEventListener('margay-sign-in', signIn);
    return () => {
      removeEventListener('hashchange', moved);
      removeEventListener('margay-sign-in', signIn);
    };
  }, []);
  const { parts, search } = placeOf(hash);
  const [first = '', id, third] = parts;
  const items = clusters.data?.items ?? [];
  const isOne = items.every(({ isAsked }) => isAsked) && clusters.data?.signInElsewhere !== true;
  const pages = isOne && first !== FLEET.path ? PAGES : [FLEET, ...PAGES];
  const here = pages.find(({ path }) => path === first)?.title ?? 'Report';
  useEffect(() => {
    document.title = `${here} · ${visible(cluster.data?.cluster ?? '')} · Margay`;
  }, [here, cluster.data?.cluster]);
  const again = () => {
    setAsked(false);
    cluster.again();
    clusters.again();
  };
  const page = () => {
    if (isAsked) return html`<${SignIn} done=${again} />`;
    if (first === FLEET.path) return html`<${FleetPage} clusters=${clusters} />`;
    if (cluster.problem) return html`<${Problem} problem=${cluster.problem} />`;
    if (first === 'runs' && id !== undefined)
      return third === 'endpoint'
        ? html`<${EndpointPage} key=${hash} id=${id} endpoint=${search.get('name') ?? ''} />`
        : html`<${RunPage} key=${id} id=${id} />`;
    if (first === 'cluster') return html`<${StatePage} span=${cluster.data?.span} />`;
    if (first === 'coverage') return html`<${CoveragePage} />`;
    return html`<${ReportsPage} cluster=${cluster.data} />`;
  };
  return html`<a class="skip" href="#main">Skip to the content</a>
    <header class="bar">
      <strong>Margay</strong>
      <nav aria-label="Pages">
        ${pages.map(
          ({ path, title }) =>
            html`<a
              href="#/${path}"
              aria-current=${path === first || (path === '' && first === 'runs') ? 'page' : undefined}
              >${title}</a
            >`,
        )}
        <a href="/api/docs">API</a>
      </nav>
      <span class="end">
        <${WhichCluster} cluster=${cluster.data?.cluster} items=${items} />
        ${!isAsked && cluster.data?.viewer && html` · <${Name} text=${cluster.data.viewer} /> <${SignOut} />`}
      </span>
    </header>
    <main id="main" tabindex="-1">${page()}</main>`;
}

const root = document.getElementById('app')!;
root.replaceChildren();
render(html`<${App} />`, root);
