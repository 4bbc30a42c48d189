import { isStatedEvidence, statementProblem } from '@margay/coverage';
import {
  digestOfJson,
  EnvelopeProblem,
  NoEntry,
  readEnvelope,
  readReportEntry,
  TILE_WIDTH,
} from '@margay/ledger';
import type { Archive, ArchivedHeader } from '../archive/archive.ts';
import { unlessDamaged } from '../archive/damaged.ts';
import { evidenceOf } from '../ledger/append.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { entriesAt, type LoggedEntry } from '../ledger/read-log.ts';
import type { Told } from './findings.ts';
import { headersIn } from './headers-in.ts';
import type { WalkedLog } from './walk-log.ts';

/** So many tiles of entries are kept for the reports that come next: reports are logged nearly in the order in which they end. */
const TILES_KEPT = 32;
/** So many runs a ledger is asked for at once. */
const RUNS = 1_000;

/** Holds reports against a log that was walked, page by page. */
export class ByLog {
  readonly #ledger: Ledger;
  readonly #log: WalkedLog;
  readonly #told: Told;
  readonly #tiles = new Map<number, readonly (Uint8Array | undefined)[]>();
  /** How many of the reports that went by have an entry that is about them. */
  #logged = 0;
  /** Reports that had none when they went by. */
  readonly #without: string[] = [];

  constructor(ledger: Ledger, log: WalkedLog, told: Told) {
    this.#ledger = ledger;
    this.#log = log;
    this.#told = told;
  }

  /** @param sound those of the page that fit themselves. */
  async compare(page: readonly ArchivedHeader[], sound: ReadonlySet<ArchivedHeader>): Promise<void> {
    const numbers = await this.#ledger.numbersOf(page.map(({ id }) => id));
    for (const header of page) {
      const number = numbers.get(header.id);
      // What was appended meanwhile is no part of the log that was walked. Nor is what the store has as an entry beside the log.
      const isWalked = number !== undefined && number >= 0 && number < this.#log.size;
      const entry = isWalked ? await this.#entry(number) : undefined;
      const isAbout = entry?.run === header.id;
      if (isAbout) this.#logged++;
      if (!sound.has(header)) continue;
      if (isAbout) await this.#compareEntry(header, entry);
      // An entry that is missing or cannot be read was told when the log was read.
      else if (!isWalked || entry !== undefined) this.#without.push(header.id);
    }
  }

  /** Tells of the reports that the log has and the archive has not, and of those that the log has not. */
  async tellRest(archive: Archive): Promise<void> {
    const { reports, later, isWhole } = this.#log;
    if (this.#logged < reports) await this.#findRemoved(archive);
    if (later > 0)
      this.#told.notShown(
        `what happened to ${later} reports before they were logged: they had been archived before`,
      );
    if (isWhole) await this.#findUnlogged();
  }

  async #compareEntry({ id, headerDigest, content }: ArchivedHeader, entry: LoggedEntry): Promise<void> {
    if (entry.headerDigest !== headerDigest)
      this.#told.found(
        'replaced',
        `Report ${id} was replaced: its digests are right, and entry ${entry.number} of the log has a header with the digest ${entry.headerDigest}, not ${headerDigest}.`,
      );
    await this.#compareStatement(entry, content);
  }

  /** Holds what was signed of a report's evidence against its entry. */
  async #compareStatement(entry: LoggedEntry, content: unknown): Promise<void> {
    const { run, number } = entry;
    const text = await this.#ledger.statement(number);
    if (text === undefined) {
      if (isStatedEvidence(evidenceOf({ content })))
        this.#told.found(
          'removed',
          `What was signed of the evidence of report ${run} is not kept: somebody removed it, or an older release logged the report.`,
        );
      return;
    }
    const changed = (why: string) =>
      this.#told.found('changed', `What was signed of the evidence of report ${run} was changed: ${why}.`);
    const { logKeys } = this.#log;
    try {
      const { statement, signed } = readEnvelope(text, logKeys);
      const problem = statementProblem(statement, entry, evidenceOf({ content }), digestOfJson);
      if (problem !== undefined) changed(problem);
      else if (logKeys.length > 0 && signed.length === 0) changed('no key of the log signed it');
    } catch (error) {
      if (!(error instanceof EnvelopeProblem)) throw error;
      changed(error.message);
    }
  }

  /** Whether an entry about a run was appended while it was looked: what the store has behind the log's end is none. */
  async #isAppended(number: number, run: string): Promise<boolean> {
    const { size = 0 } = (await this.#ledger.head()) ?? {};
    if (number < this.#log.size || number >= size) return false;
    const [bytes] = await entriesAt(this.#ledger, number, number + 1);
    return bytes !== undefined && readLogged(bytes, number)?.run === run;
  }

  /** What a run's entry says; undefined where nothing can be read. */
  async #entry(number: number): Promise<LoggedEntry | undefined> {
    const index = Math.floor(number / TILE_WIDTH);
    const bytes = (await this.#tile(index))[number - index * TILE_WIDTH];
    return bytes && readLogged(bytes, number);
  }

  async #tile(index: number): Promise<readonly (Uint8Array | undefined)[]> {
    const kept = this.#tiles.get(index);
    if (kept !== undefined) return kept;
    const from = index * TILE_WIDTH;
    const read = await entriesAt(this.#ledger, from, Math.min(this.#log.size, from + TILE_WIDTH));
    if (this.#tiles.size >= TILES_KEPT) this.#tiles.delete(this.#tiles.keys().next().value!);
    this.#tiles.set(index, read);
    return read;
  }

  /** Reads the log once more, since it has more reports than the lists of the archive. */
  async #findRemoved(archive: Archive): Promise<void> {
    const listed = new Set<string>();
    for await (const { id } of headersIn(archive)) listed.add(id);
    for (let number = 0; number < this.#log.size; number++) {
      const entry = await this.#entry(number);
      if (entry === undefined || listed.has(entry.run)) continue;
      const { run, report, start, end, digest } = entry;
      // One that is damaged is kept.
      const kept = await unlessDamaged(archive.header(run).then((header) => header !== undefined));
      if (kept !== false)
        this.#told.found('changed', `Report ${run} is kept, and no list of the archive has it.`);
      else
        this.#told.found(
          'removed',
          `Report ${run} (${report}, ${start} to ${end}) is entry ${number} of the log, with the digest ${digest}, and is not in the archive.`,
        );
    }
  }

  /** One that is archived just now gets its entry a little later. */
  async #findUnlogged(): Promise<void> {
    const without = new Set(this.#without);
    for (let at = 0; at < this.#without.length; at += RUNS)
      for (const [id, number] of await this.#ledger.numbersOf(this.#without.slice(at, at + RUNS)))
        if (await this.#isAppended(number, id)) without.delete(id);
    // The store may say of an entry that it is about another run: that was told when the log was read.
    for (let number = 0; without.size > 0 && number < this.#log.size; number++)
      without.delete((await this.#entry(number))?.run ?? '');
    for (const id of without)
      this.#told.found(
        'unlogged',
        `Report ${id} is in the archive and has no entry in the log: somebody added it, or its worker ended before it could append one, which the next start of a worker with the key does.`,
      );
  }
}

function readLogged(bytes: Uint8Array, number: number): LoggedEntry | undefined {
  try {
    const entry = readReportEntry(bytes);
    return entry && { ...entry, number };
  } catch (error) {
    if (error instanceof NoEntry) return undefined;
    throw error;
  }
}
