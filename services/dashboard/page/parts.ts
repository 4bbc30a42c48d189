import type { Page, Ring, Run } from '@margay/api-contract';
import { html, useEffect, useRef, useState } from 'htm/preact';
import { ask, type ApiProblem } from './api.ts';

/** An instant without what nobody reads: `2026-11-24 00:17:33 UTC`; the exact one is its title. */
export function Time({ at }: { at: string }) {
  return html`<time datetime=${at} title=${exact(at)}>${at.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** An instant with all its digits, always six: what is listed lines up. */
export const exact = (at: string): string =>
  at.replace(/(?:\.(\d{1,6}))?Z$/, (_, digits = '') => `.${String(digits).padEnd(6, '0')}Z`);

/** A name from the cluster: whatever is in it, it turns nothing around and marks up nothing. */
export const Name = ({ text }: { text: string }) => html`<bdi>${visible(text)}</bdi>`;

/** Marks that turn text around, and other characters that are not seen, or look like a space and are none, by their numbers. */
export const visible = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}\u2800]|(?! )\p{Zs}/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );

export function Problem({ problem }: { problem: ApiProblem }) {
  return html`<p class="card problem" role="alert"><${Name} text=${problem.message} /></p>`;
}

export const Wait = () => html`<p class="wait" role="status">Loading…</p>`;

const ROUND = 2 * Math.PI * 26;

/** A ring whose coloured arc is the share, and whose dashed arc behind it is what is not known. */
export function RingFigure({ heading, label, value, total, notKnown = 0 }: Ring) {
  const share = total === 0 ? 0 : value / total;
  const open = total === 0 ? 0 : notKnown / total;
  const ofTotal = `of ${total}${notKnown > 0 ? `, ${notKnown} not known` : ''}`;
  const words = visible(`${heading}, ${label.toLowerCase()}: ${value} ${ofTotal}`);
  return html`<figure class="ring">
    <svg viewBox="0 0 64 64" role="img" aria-label=${words}>
      <circle class="rest" cx="32" cy="32" r="26" />
      <circle
        class="part"
        cx="32"
        cy="32"
        r="26"
        transform="rotate(-90 32 32)"
        stroke-dasharray="${share * ROUND} ${ROUND}"
      />
      ${
        open > 0 &&
        html`<circle
          class="open"
          cx="32"
          cy="32"
          r="26"
          transform="rotate(${share * 360 - 90} 32 32)"
          stroke-dasharray=${dashes(open * ROUND)}
        />`
      }
      <text x="32" y="35">${value}</text>
      <text class="percent" x="32" y="45">${total === 0 ? 'none' : `${Math.floor(share * 100)} %`}</text>
    </svg>
    <figcaption>
      <b><${Name} text=${heading} /></b><br /><${Name} text=${label} /><br /><span class="soft"
        >${ofTotal}</span
      >
    </figcaption>
  </figure>`;
}

/** Dashes of two and gaps of three along the length of an arc, and nothing after it. */
function dashes(length: number): string {
  const pairs = Math.floor(length / 5);
  return [...Array.from({ length: pairs }, () => '2 3'), Math.min(2, length - pairs * 5), ROUND].join(' ');
}

/** What came after the evidence of a run was read; nothing where nothing did, or it is not known. */
export function Late({ run: { late } }: { run: Pick<Run, 'late'> }) {
  if (
    late === null ||
    late.events + late.derivedAnew + late.flows + late.deliveries + late.opened.length === 0
  )
    return null;
  return html`<span class="badge warn"><${Name} text=${late.words} /></span>`;
}

const STATES = { emitted: 'waiting', running: 'running', failed: 'failed', completed: 'completed' };

/** How a run stands, and the grade of its evidence. */
export function Badge({ run }: { run: Run }) {
  if (run.state !== 'completed')
    return html`<span class="badge ${run.state === 'failed' ? 'bad' : 'warn'}">${STATES[run.state]}</span>`;
  if (run.archiveProblem !== null)
    return html`<span class="badge bad" title=${visible(run.archiveProblem)}
      >${run.digest === null ? 'changed in the archive' : 'not in the archive any more'}</span
    >`;
  const { complete = false, grade = 'not known', words } = run.evidence ?? {};
  return html`<span class="badge ${complete ? 'good' : 'warn'}" title=${words && visible(words)}
    >evidence: ${gradeText(grade, complete)}</span
  >`;
}

type Grade = NonNullable<Run['evidence']>['grade'];

/** Whether no gap was seen. */
export const isWhole = (grade: Grade | undefined): boolean => grade === 'proven' || grade === 'no gap seen';

/** A grade, and whether something is left open that it does not tell of. */
export const gradeText = (grade: Grade, complete: boolean): string =>
  `${grade}${!complete && isWhole(grade) ? ', in doubt' : ''}`;

const NOT_KNOWN = html`<span class="warn">not known</span>`;

/** Yes, no or not known about protection, not by colour alone. */
export const Protection = ({ is, open }: { is: boolean; open: boolean }) =>
  open ? NOT_KNOWN : is ? html`<span class="good">always</span>` : html`<span class="bad">not always</span>`;

/** A flag of which false is the better. */
export const Exposure = ({ is, open }: { is: boolean; open: boolean }) =>
  open ? NOT_KNOWN : is ? html`<span class="warn">yes</span>` : html`<span class="soft">no</span>`;

export interface Column<T> {
  readonly title: string;
  /** The field to sort by, where that makes sense. */
  readonly sort?: string;
  readonly wide?: boolean;
  readonly cell: (row: T) => unknown;
}

const ROW_HEIGHT = 34;
/** On a narrow screen a row is a card: its first cell on up to two lines, and each other one, with its title, on one. */
const FIRST_CELL_HEIGHT = 44;
const CELL_HEIGHT = 24;
const CARD_PADDING = 12;
/** As in style.css. */
const NARROW = '(max-width: 40rem)';
const PAGE = 100;
const SETTLE_MILLISECONDS = 60;

interface TableProps<T> {
  readonly label: string;
  /** The address of the rows, with its filters; `sort`, `offset` and `limit` are added. */
  readonly path: string;
  readonly columns: readonly Column<T>[];
}

/** Whether the screen is narrow, as it is turned. */
function useNarrow(): boolean {
  const [query] = useState(() => matchMedia(NARROW));
  const [isNarrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const turned = () => setNarrow(query.matches);
    query.addEventListener('change', turned);
    return () => query.removeEventListener('change', turned);
  }, [query]);
  return isNarrow;
}

/** A table of any length: only what is seen is asked for and drawn. */
export function Table<T>({ label, path, columns }: TableProps<T>) {
  const [sort, setSort] = useState<string | undefined>(undefined);
  const [first, setFirst] = useState(0);
  const [pages, setPages] = useState<{
    key: string;
    total: number;
    rows: ReadonlyMap<number, readonly T[]>;
  }>();
  const [problem, setProblem] = useState<ApiProblem>();
  const body = useRef<HTMLDivElement>(null);
  const key = `${path}${path.includes('?') ? '&' : '?'}${sort === undefined ? '' : `sort=${sort}&`}`;
  const isCurrent = pages?.key === key;
  const rowHeight = useNarrow()
    ? FIRST_CELL_HEIGHT + (columns.length - 1) * CELL_HEIGHT + CARD_PADDING
    : ROW_HEIGHT;
  const shown = Math.ceil((body.current?.clientHeight ?? 600) / rowHeight) + 2;
  const wanted = [...new Set([Math.floor(first / PAGE), Math.floor((first + shown) / PAGE)])].filter(
    (page) => !isCurrent || (page * PAGE < pages.total && !pages.rows.has(page)),
  );
  useEffect(() => {
    const gone = new AbortController();
    // Scrolling and typing fast ask once.
    const timer = setTimeout(
      () => {
        for (const page of wanted)
          ask<Page<T>>(`${key}offset=${page * PAGE}&limit=${PAGE}`, { signal: gone.signal }).then(
            ({ items, total }) => {
              if (gone.signal.aborted) return;
              setProblem(undefined);
              setPages((before) => ({
                key,
                total,
                rows: new Map([...(before?.key === key ? before.rows : []), [page, items]]),
              }));
            },
            (error: unknown) => {
              if (!gone.signal.aborted) setProblem(error as ApiProblem);
            },
          );
      },
      pages === undefined ? 0 : SETTLE_MILLISECONDS,
    );
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [key, wanted.join()]);
  useEffect(() => {
    body.current?.scrollTo(0, 0);
    setFirst(0);
  }, [key, rowHeight]);
  if (problem) return html`<${Problem} problem=${problem} />`;
  if (pages === undefined) return html`<${Wait} />`;
  const rowAt = (i: number) => pages.rows.get(Math.floor(i / PAGE))?.[i % PAGE];
  const from = Math.max(0, first - 2);
  const drawn = Array.from(
    { length: Math.max(0, Math.min(pages.total, first + shown) - from) },
    (_, i) => from + i,
  );
  const turn = (field: string) =>
    setSort(sort === field ? `-${field}` : sort === `-${field}` ? undefined : field);
  return html`<p class="soft" role="status">
      ${pages.total.toLocaleString('en')} ${pages.total === 1 ? 'row' : 'rows'}
    </p>
    <div class="grid" role="table" aria-label=${label} aria-rowcount=${pages.total + 1}>
      <div role="rowgroup">
        <div class="row head" role="row" aria-rowindex="1">
          ${columns.map(
            ({ title, sort: field, wide }) =>
              html`<div
                class="cell ${wide ? 'wide' : ''}"
                role="columnheader"
                aria-sort=${sort === field ? 'ascending' : sort === `-${field}` ? 'descending' : 'none'}
              >
                ${
                  field === undefined
                    ? title
                    : html`<button type="button" onClick=${() => turn(field)}>
                        ${title}${sort === field ? ' ▲' : sort === `-${field}` ? ' ▼' : ''}
                      </button>`
                }
              </div>`,
          )}
        </div>
      </div>
      <div
        class="body"
        role="rowgroup"
        tabindex="0"
        ref=${body}
        onScroll=${(event: Event) => setFirst(Math.floor((event.target as HTMLElement).scrollTop / rowHeight))}
      >
        <div class="all" role="presentation" style=${{ height: `${pages.total * rowHeight}px` }}>
          ${drawn.map((i) => {
            const row = rowAt(i);
            return html`<div
              class="row"
              role="row"
              key=${i}
              aria-rowindex=${i + 2}
              style=${{ top: `${i * rowHeight}px`, height: `${rowHeight}px` }}
            >
              ${columns.map(
                ({ title, cell, wide }) =>
                  html`<div class="cell ${wide ? 'wide' : ''}" role="cell" data-title=${title}>
                    ${row === undefined ? '…' : cell(row)}
                  </div>`,
              )}
            </div>`;
          })}
        </div>
      </div>
    </div>`;
}
