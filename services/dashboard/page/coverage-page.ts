import type { Coverage, Outcome, SourceCoverage } from '@margay/api-contract';
import { html } from 'htm/preact';
import { useAnswer } from './api.ts';
import { isWhole, Name, Problem, Time, Wait } from './parts.ts';

const OUTCOMES: readonly Outcome[] = ['kept', 'ignored', 'doubtful', 'unusable'];
const [WIDTH, HEIGHT] = [900, 70];

/** What each source delivered over time, and what could not be used. */
export function CoveragePage() {
  const { data, problem } = useAnswer<Coverage>('/coverage');
  if (problem)
    return html`<h1>Coverage</h1>
      <${Problem} problem=${problem} />`;
  if (data === undefined) return html`<${Wait} />`;
  return html`<h1>Coverage</h1>
    ${data.from && data.to ? html`<p class="meta"><${Time} at=${data.from} /> to <${Time} at=${data.to} /></p>` : html`<p class="wait">No source has delivered anything.</p>`}
    ${data.servers.length > 0 && html`<${Servers} servers=${data.servers} />`}
    ${
      data.sources.length > 0 &&
      data.sources.every(({ now }) => now === undefined) &&
      html`<p class="soft">
        As the archive has it: how late each source is just now is said by <code>/readyz</code> of what takes
        it in.
      </p>`
    }
    ${data.sources.map((source) => {
      // What has no time is in no bar, and counts all the same.
      const sums = OUTCOMES.map((outcome) =>
        source.buckets.reduce((sum, bucket) => sum + bucket[outcome], source.timeless[outcome]),
      );
      const words = OUTCOMES.map((outcome, i) => `${outcome} ${sums[i]!.toLocaleString('en')}`).join(', ');
      return html`<section class="card">
        <h2><${Name} text=${source.source} /></h2>
        <p class="meta">
          ${source.first && source.last && html`<${Time} at=${source.first} /> to <${Time} at=${source.last} /> · `}${words}
        </p>
        ${source.problem && html`<p class="bad"><${Name} text=${source.problem} /></p>`}
        <${HowItIs} source=${source} />
        <${Bars} buckets=${source.buckets} words=${words} />
        ${
          source.problems.total > 0 &&
          html`<details>
            <summary>Doubtful and unusable: <b>${source.problems.total.toLocaleString('en')}</b></summary>
            <ul class="names">
              ${source.problems.listed.map(({ at, message }) => html`<li>${at && html`<${Time} at=${at} /> `}<${Name} text=${message} /></li>`)}
            </ul>
          </details>`
        }
      </section>`;
    })}`;
}

/** Seconds in words, as reports have them: at most two units. */
function length(seconds: number): string {
  if (seconds < 60) return `${seconds.toLocaleString('en', { maximumFractionDigits: 1 })} s`;
  const whole = Math.floor(seconds);
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor((whole % 86_400) / 3_600), 'h'],
    [Math.floor((whole % 3_600) / 60), 'min'],
    [whole % 60, 's'],
  ] as const;
  const said = parts.filter(([n]) => n > 0).slice(0, 2);
  return said.map(([n, unit]) => `${n} ${unit}`).join(' ');
}

/** When it last delivered, how late, how long it was silent, and what became of canaries. */
function HowItIs({ source }: { source: SourceCoverage }) {
  const { now, last, grade, longestSilence, allowedSilence, gaps = [], proven, toldTwice, canaries } = source;
  const { retired } = source;
  const fact = (title: string, value: unknown) =>
    value !== undefined &&
    html`<div>
      <dt>${title}</dt>
      <dd>${value}</dd>
    </div>`;
  return html`<dl class="facts">
      ${now ? fact('last delivery', html`<${Time} at=${now.lastDelivery} />`) : fact('last event', last === null ? undefined : html`<${Time} at=${last} />`)}
      ${fact('lag', now?.lagSeconds === undefined ? undefined : length(now.lagSeconds))}
      ${fact(
        'longest silence',
        longestSilence &&
          `${length(longestSilence.seconds)}${allowedSilence === undefined ? '' : ` of ${length(allowedSilence)} that its rhythm allows`}`,
      )}
      ${fact('longest silence since the start', now && length(now.longestSilenceSeconds))}
      ${fact('retired', retired && html`since <${Time} at=${retired.from} />, as <${Name} text=${retired.by} /> said at <${Time} at=${retired.said} />: <${Name} text=${retired.because} />`)}
      ${fact('grade', grade && html`<span class=${isWhole(grade) ? 'good' : 'warn'}>${grade}</span>`)}
    </dl>
    ${canaries.length > 0 && html`<${Canaries} canaries=${canaries} />`}
    ${stretches('Proven by canaries', proven)} ${stretches('Gaps', gaps)}
    ${stretches('Told twice, in an order that is not known', toldTwice)}`;
}

/** How many stretches a list shows: the latest. */
const STRETCHES_MAX = 50;

function stretches(title: string, all: NonNullable<SourceCoverage['gaps']>) {
  if (all.length === 0) return null;
  return html`<details>
    <summary>${title}:${' '}<b>${all.length.toLocaleString('en')}</b></summary>
    <ul class="names">
      ${all
        .slice(-STRETCHES_MAX)
        .reverse()
        .map(({ from, to }) => html`<li><${Time} at=${from} /> to <${Time} at=${to} /></li>`)}
    </ul>
  </details>`;
}

function Canaries({ canaries }: Pick<SourceCoverage, 'canaries'>) {
  return html`<table class="plain" tabindex="0">
    <thead>
      <tr>
        <th>Canaries of API server</th>
        <th>State</th>
        <th>Last that came</th>
        <th>Round trip</th>
      </tr>
    </thead>
    <tbody>
      ${canaries.map(
        ({ server, lastSeen, roundTripSeconds, silentSince }) =>
          html`<tr>
            <td><${Name} text=${server} /></td>
            <td>
              ${silentSince === undefined ? html`<span class="good">they come</span>` : html`<span class="bad">silent since <${Time} at=${silentSince} /></span>`}
            </td>
            <td><${Time} at=${lastSeen} /></td>
            <td>${roundTripSeconds === undefined ? '' : length(roundTripSeconds)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** The API servers through which canaries are written. */
function Servers({ servers }: Pick<Coverage, 'servers'>) {
  return html`<section class="card" aria-label="Canaries">
    <h2>Canaries</h2>
    <table class="plain" tabindex="0">
      <thead>
        <tr>
          <th class="wide">API server, and why nothing is written through it</th>
          <th>Last written</th>
        </tr>
      </thead>
      <tbody>
        ${servers.map(
          ({ server, lastWritten, notWritten }) =>
            html`<tr>
              <td>
                <${Name} text=${server} />
                ${notWritten && html`<p class="bad"><${Name} text=${notWritten} /></p>`}
              </td>
              <td>${lastWritten && html`<${Time} at=${lastWritten} />`}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function Bars({ buckets, words }: { buckets: SourceCoverage['buckets']; words: string }) {
  const total = (bucket: Readonly<Record<Outcome, number>>) =>
    OUTCOMES.reduce((sum, outcome) => sum + bucket[outcome], 0);
  const most = Math.max(1, ...buckets.map(total));
  const each = WIDTH / Math.max(1, buckets.length);
  return html`<div class="drawing" tabindex="0">
    <svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Events over time: ${words}">
      ${buckets.map((bucket, i) => {
        let y = HEIGHT;
        return OUTCOMES.filter((outcome) => bucket[outcome] > 0).map((outcome) => {
          const height = Math.max(1, (bucket[outcome] / most) * (HEIGHT - 6));
          y -= height;
          return html`<rect
            class=${outcome}
            x=${i * each}
            y=${y}
            width=${Math.max(1, each - 1)}
            height=${height}
            ><title>${outcome}: ${bucket[outcome]}</title></rect
          >`;
        });
      })}
      <line class="axis" x1="0" x2=${WIDTH} y1=${HEIGHT} y2=${HEIGHT} />
    </svg>
  </div>`;
}
