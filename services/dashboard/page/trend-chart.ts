import type { Run } from '@margay/api-contract';
import { html } from 'htm/preact';

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [800, 160, 40, 22];

/** How many changes a report of an audit has. */
const COUNTED: Readonly<Record<string, (run: Run) => number | undefined>> = {
  'policy-audit': ({ summary }) => summary?.audit.numTotal,
  'protection-audit': ({ summary }) => summary?.protection?.numTotal,
};

/** The share of endpoints that were always protected, window by window; of an audit, how many changes there were. */
export function TrendChart({ items }: { items: readonly Run[] }) {
  const counted = COUNTED[items[0]?.reportType ?? ''];
  const isAudit = counted !== undefined;
  const share = (run: Run, field: 'numIngressProtected' | 'numEgressProtected') => {
    const { numTotal = 0, [field]: n = 0 } = run.summary?.endpoints ?? {};
    return numTotal === 0 ? 0 : n / numTotal;
  };
  const changes = items.map((run) => counted?.(run) ?? 0);
  const most = Math.max(1, ...changes);
  const series = isAudit
    ? [{ name: 'changes', style: 'ingress', values: changes.map((n) => n / most) }]
    : [
        { name: 'ingress', style: 'ingress', values: items.map((run) => share(run, 'numIngressProtected')) },
        { name: 'egress', style: 'egress', values: items.map((run) => share(run, 'numEgressProtected')) },
      ];
  const x = (i: number) => LEFT + (i * (WIDTH - LEFT - 10)) / Math.max(1, items.length - 1);
  const y = (value: number) => 10 + (1 - value) * (HEIGHT - BOTTOM - 10);
  const words = series
    .map(
      ({ name, values }) =>
        `${name}: ${values.map((value) => (isAudit ? Math.round(value * most) : `${Math.floor(value * 100)} %`)).join(', ')}`,
    )
    .join('; ');
  return html`<div class="drawing" tabindex="0">
      <svg
        class="chart"
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        role="img"
        aria-label="${isAudit ? 'Changes' : 'Endpoints always protected'}, oldest window first. ${words}"
      >
        ${[0, 0.5, 1].map(
          (value) =>
            html`<line class="axis" x1=${LEFT} x2=${WIDTH - 10} y1=${y(value)} y2=${y(value)} /><text
                x="2"
                y=${y(value) + 4}
              >
                ${isAudit ? Math.round(value * most) : `${value * 100} %`}
              </text>`,
        )}
        ${series.map(({ style, values }) => html`<polyline class=${style} points=${values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ')} />`)}
        <text x=${LEFT} y=${HEIGHT - 5}>${items[0]?.window.end.slice(0, 16)}Z</text>
        <text x=${WIDTH - 10} y=${HEIGHT - 5} text-anchor="end">
          ${items.at(-1)?.window.end.slice(0, 16)}Z
        </text>
      </svg>
    </div>
    <p class="soft">
      ${isAudit ? 'Changes of each window' : 'Endpoints always protected: ingress whole line, egress broken line'}
    </p>`;
}
