import { Readable } from 'node:stream';
import { Controller, Inject, Param, Req, Res, StreamableFile } from '@nestjs/common';
import { OPERATIONS, type Run } from '@margay/api-contract';
import { TemplateProblem } from '@margay/reports';
import { missing, Problem } from '@margay/runtime';
import { Busy } from '@margay/runtime/own-process';
import type { Archive, ArchivedHeader, Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../access/access.ts';
import { TheRun } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import { RunList } from '../runs/run-list.ts';
import { ACCESS } from '../tokens.ts';
import { downloadOf } from './downloads.ts';
import { TooMuchTogether } from './together.ts';
import { whileAllowed } from './while-allowed.ts';

/** The files of archived reports. */
@Controller()
export class DownloadsController {
  readonly #access: Access;
  readonly #runs: RunList;
  readonly #stores: Stores;

  constructor(
    @Inject(ACCESS) access: Access,
    @Inject(RunList) runs: RunList,
    @Inject(STORES) stores: Stores,
  ) {
    this.#access = access;
    this.#runs = runs;
    this.#stores = stores;
  }

  @Serves(OPERATIONS.download)
  async download(
    @TheRun('id') run: Run,
    @Param('name') name: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const header = await this.#runs.reportOf(run);
    await checkRows(this.#stores.archive, header);
    const content = await downloadOf(this.#stores, header, name).catch((error: unknown) => {
      if (error instanceof TemplateProblem) throw failedTemplate(error);
      if (error instanceof TooMuchTogether) throw tooMuch(error);
      throw error instanceof Busy ? busy(error) : error;
    });
    if (content === undefined) throw missing(`file ${name} of run ${run.id}`);
    const { mediaType: type, bytes, version } = content;
    void reply.header('etag', `"${[header.digest, version].filter((part) => part !== undefined).join(' ')}"`);
    const options = { type, disposition: `attachment; filename="${run.id}-${name}"` };
    if (bytes instanceof Uint8Array) return new StreamableFile(bytes, options);
    const allowed = whileAllowed<string | Uint8Array>(bytes, async () => {
      const viewer = await this.#access(request, 'again');
      await this.#runs.seenBy(viewer, run.id, 'export');
    });
    return new StreamableFile(Readable.from(allowed, { objectMode: false }), options);
  }
}

/** Nothing is sent of a report with rows that are not what was archived: a file that has begun could only break off. @throws ArchiveDamaged */
async function checkRows(archive: Archive, { id }: ArchivedHeader): Promise<void> {
  for await (const _ of archive.parts(id));
}

const busy = ({ message }: Busy): Problem =>
  new Problem(503, 'Busy', `Files of templates are being made: ${message}. Try again in some seconds.`);

const tooMuch = ({ message }: TooMuchTogether): Problem =>
  new Problem(
    422,
    'The templates of this report make too much together',
    `${message}. Download its files one by one, or correct the GlobalReportType; a new run has the new templates.`,
  );

/** What users wrote into their type of report does not fit this report. */
const failedTemplate = ({ message }: TemplateProblem): Problem =>
  new Problem(
    422,
    'The template of this file fails',
    `${message}. Correct the GlobalReportType; a new run has the new template.`,
  );
