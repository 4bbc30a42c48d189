import type { Coverage, Outcome, SourceCoverage } from '@margay/api-contract';
import { html } from 'htm/preact';
import { useAnswer } from './api.ts';
import { Name, Problem, Time, Wait } from './parts.ts';

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
