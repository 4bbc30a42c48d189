import { Controller, Inject, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { OPERATIONS, type GrowthQuery } from '@margay/api-contract';
import { bundleAt, bundleOf, readReportEntry, tileAt } from '@margay/ledger';
import { missing, Problem, refused } from '@margay/runtime';
import { bundleIn, cosigned, growthProof, LogRefused, tileIn, type Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { FastifyReply } from 'fastify';
import type { Viewer } from '../access/access.ts';
import { Asking } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';

const TEXT = 'text/plain; charset=utf-8';

/**
 * The transparency log over the archived reports, as clients of any log in tiles read it. It says nothing of a report but hashes, so
 * whoever the cluster knows may have it; entries name reports, so that one must be allowed to get these.
 */
@Controller()
export class LogController {
  readonly #stores: Stores;

  constructor(@Inject(STORES) stores: Stores) {
    this.#stores = stores;
  }

  @Serves(OPERATIONS.checkpoint)
  async checkpoint(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const head = await this.#stores.ledger.head();
    if (head === undefined) throw missing('checkpoint: no report is in the log');
    void reply.type(TEXT).header('cache-control', 'no-cache');
    return (await cosigned(this.#stores.ledger, head)).checkpoint;
  }

  @Serves(OPERATIONS.growth)
  async growth(
    @Query({ schema: OPERATIONS.growth.query }) { from, to }: GrowthQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const hashes = await shown(growthProof(this.#stores.ledger, from, to));
    void reply.type(TEXT);
    return hashes.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');
  }

  @Serves(OPERATIONS.tile)
  async tile(@Param() parameters: Parameters): Promise<StreamableFile> {
    const path = `tile/${parameters.level}/${placeOf(parameters)}`;
    const at = tileAt(path);
    const bytes = at && (await shown(tileIn(this.#stores.ledger, at)));
    if (bytes === undefined) throw missing(`${path} in the log`);
    return new StreamableFile(bytes);
  }

  @Serves(OPERATIONS.entries)
  async entries(@Asking() viewer: Viewer, @Param() parameters: Parameters): Promise<StreamableFile> {
    const path = `tile/entries/${placeOf(parameters)}`;
    const at = bundleAt(path);
    const entries = at && (await shown(bundleIn(this.#stores.ledger, at)));
    if (entries === undefined) throw missing(`${path} in the log`);
    await requireAll(viewer, entries);
    return new StreamableFile(bundleOf(entries));
  }
}

type Parameters = Readonly<Record<'level' | 'place', string>> & { readonly [more: string]: string };

/** What is left of the path, as it was asked for. */
const placeOf = ({ level: _, ...segments }: Parameters): string => Object.values(segments).join('/');

/** What the log shows. @throws Problem where the store has not what was signed, or so much was never there */
async function shown<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof LogRefused) throw new Problem(409, 'The log was changed', error.message);
    throw error instanceof RangeError ? refused(error.message) : error;
  }
}

/** @throws Problem 403 unless the viewer may get every report that the entries are of. */
async function requireAll(viewer: Viewer, entries: readonly Uint8Array[]): Promise<void> {
  const ofReports = entries.flatMap((entry) => readReportEntry(entry) ?? []);
  const reports = new Map(ofReports.map(({ report: name, type }) => [name, { name, type }]));
  const seen = await viewer.listable([...reports.values()]);
  if (seen.length < reports.size)
    throw new Problem(
      403,
      'Forbidden',
      'There are entries among these of reports that you may not get: hashes of them are at /log/tile/0',
    );
}
