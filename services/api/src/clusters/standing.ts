import type { Clusters } from '@margay/api-contract';
import { worstOf } from '@margay/coverage';
import { formatInstant, parseInstant, type Instant } from '@margay/ground';
import { readEntry } from '@margay/ledger';
import type { ReportHeader } from '@margay/reports';
import {
  clusterUidOf,
  headerDamage,
  loggedOtherwise,
  loggedReport,
  LogRefused,
  type ArchivedHeader,
  type Cell,
  type Stores,
} from '@margay/storage';
import { completenessOf, contentOf } from '../runs/runs.ts';

/** Headers of one cluster, one of each report name. */
export type Known = readonly ArchivedHeader[];

type Told = NonNullable<Clusters['items'][number]['told']>;

/** Microseconds. */
const DAY = 86_400_000_000;

/**
 * How clusters are, by their newest headers. What was found out once of a header, and the uid of a cluster, is remembered: neither ever
 * changes.
 */
export class Standing {
  readonly #cell: Pick<Cell, 'of'>;
  readonly #uids = new Map<string, string>();
  /** By cluster and report name, what is wrong with the header of that digest. */
  readonly #judged = new Map<
    string,
    { readonly headerDigest: string; readonly damage: string | undefined }
  >();

  constructor(cell: Pick<Cell, 'of'>) {
    this.#cell = cell;
  }

  /** @param newest of each report that may be seen the one that was archived last. */
  async of(cluster: string, newest: Known): Promise<Told> {
    const stores = this.#cell.of(cluster);
    const last = await Promise.all(newest.map((header) => lastWindow(stores, header)));
    const judged = await Promise.all(
      last.map(async (header) => ({ header, damage: await this.#damageOf(cluster, stores, header) })),
    );
    const damaged = judged.find(({ damage }) => damage !== undefined);
    const uid = await this.#uidOf(cluster, stores);
    if (damaged !== undefined) return { ...NOTHING, uid, words: damaged.damage!, grade: 'not known' };
    return { ...standingOf(last), uid };
  }

  async #uidOf(cluster: string, { history }: Stores): Promise<string | null> {
    const uid = this.#uids.get(cluster) ?? (await clusterUidOf(history));
    if (uid !== undefined) this.#uids.set(cluster, uid);
    return uid ?? null;
  }

  async #damageOf(cluster: string, { ledger }: Stores, header: ArchivedHeader): Promise<string | undefined> {
    const place = `${cluster}/${header.reportName}`;
    const known = this.#judged.get(place);
    if (known?.headerDigest === header.headerDigest) return known.damage;
    const damage = headerDamage(header) ?? (await otherwiseInLog(ledger, header));
    this.#judged.set(place, { headerDigest: header.headerDigest, damage });
    return damage;
  }
}

/** What is wrong with a log by itself is told elsewhere. */
async function otherwiseInLog(ledger: Stores['ledger'], header: ArchivedHeader): Promise<string | undefined> {
  const logged = await loggedReport(ledger, header.id).catch((error: unknown) => {
    if (error instanceof LogRefused) return undefined;
    throw error;
  });
  return logged && loggedOtherwise(header, readEntry(logged.entry));
}

/** The report over the last window. What was archived last may be over an older one: a revision, or one that a person asked for. */
async function lastWindow({ archive }: Stores, newest: ArchivedHeader): Promise<ArchivedHeader> {
  const { reportName, revision = 1, generatedAt, end } = newest;
  if (revision === 1 && generatedAt - end < DAY) return newest;
  const { headers } = await archive.headers({ reportName, limit: 1 });
  return headers[0] ?? newest;
}

const NOTHING: Omit<Told, 'uid'> = {
  lastSeen: null,
  grade: null,
  complete: false,
  words: 'no report yet',
  silent: [],
  lastReport: null,
};

/** By the report whose window ends last; of several the worst. */
function standingOf(headers: Known): Omit<Told, 'uid'> {
  const end = Math.max(...headers.map((header) => header.end));
  const last = headers.filter((header) => header.end === end);
  const grades = last.map((header) => completenessOf(contentOf(header)).grade);
  const worst = last[grades.indexOf(worstOf(grades))];
  if (worst === undefined) return NOTHING;
  const { grade, complete, words } = completenessOf(contentOf(worst));
  const seen = headers.flatMap((header) =>
    delivered(contentOf(header)).map(({ last: at }) => at ?? -Infinity),
  );
  const lastSeen = Math.max(...seen);
  return {
    lastSeen: Number.isFinite(lastSeen) ? formatInstant(lastSeen) : null,
    grade,
    complete,
    words,
    silent: delivered(contentOf(worst)).flatMap(({ source, gaps }) =>
      gaps.some((to) => to >= end) ? [source] : [],
    ),
    lastReport: {
      id: worst.id,
      report: worst.reportName,
      reportType: worst.reportType,
      window: { start: formatInstant(worst.start), end: formatInstant(worst.end) },
      generated: formatInstant(worst.generatedAt),
    },
  };
}

/** A source of a report: when it told something last, and the ends of its gaps. */
interface Delivered {
  readonly source: string;
  readonly last: Instant | undefined;
  readonly gaps: readonly Instant[];
}

/** Reports of older releases say less of their sources, or nothing. */
function delivered({ evidence }: ReportHeader): Delivered[] {
  const { sources = [], flows } = evidence.sources ?? {};
  const of = (source: string, last: string | undefined, gaps: readonly { readonly to: string }[] = []) => ({
    source,
    last: parseInstant(last),
    gaps: gaps.flatMap(({ to }) => parseInstant(to) ?? []),
  });
  return [
    ...sources.map(({ source, lastEvent, gaps }) => of(source, lastEvent, gaps)),
    ...(flows?.sources ?? []).map(({ source, lastFlow, gaps }) => of(`flows: ${source}`, lastFlow, gaps)),
  ];
}
