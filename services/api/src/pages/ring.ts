import { html, type Html } from './html.ts';

const RADIUS = 26;
const ROUND = 2 * Math.PI * RADIUS;

/** What one ring draws: so many of a total. */
export interface Share {
  readonly heading: string;
  readonly label: string;
  readonly value: number;
  readonly total: number;
}

/** A ring whose coloured arc is the share; read out in words for those who do not see it. */
export function ring({ heading, label, value, total }: Share): Html {
  const share = total === 0 ? 0 : value / total;
  const percent = total === 0 ? 'none' : `${Math.floor(share * 100)} %`;
  const words = `${heading}, ${label}: ${value} of ${total}`;
  return html`<figure class="ring">
    <svg viewBox="0 0 64 64" role="img" aria-label="${words}">
      <circle class="rest" cx="32" cy="32" r="${RADIUS}" />
      <circle
        class="part"
        cx="32"
        cy="32"
        r="${RADIUS}"
        stroke-dasharray="${(share * ROUND).toFixed(2)} ${ROUND.toFixed(2)}"
      />
      <text class="value" x="32" y="33">${value}</text>
      <text class="percent" x="32" y="43">${percent}</text>
    </svg>
    <figcaption><b>${heading}</b><br />${label}<br /><small>of ${total}</small></figcaption>
  </figure>`;
}
