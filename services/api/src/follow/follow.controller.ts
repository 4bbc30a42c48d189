import { Readable } from 'node:stream';
import { Controller, Inject, Req, Res, StreamableFile, type OnModuleDestroy } from '@nestjs/common';
import { OPERATIONS } from '@margay/api-contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../access/access.ts';
import { Serves } from '../http/serves.ts';
import { RunList } from '../runs/run-list.ts';
import { ACCESS } from '../tokens.ts';
import { followRuns } from './follow-runs.ts';

/** Tells pages of runs whose state changes. */
@Controller()
export class FollowController implements OnModuleDestroy {
  readonly #access: Access;
  readonly #runs: RunList;
  readonly #closing = new AbortController();

  constructor(@Inject(ACCESS) access: Access, @Inject(RunList) runs: RunList) {
    this.#access = access;
    this.#runs = runs;
  }

  /** Streams end before the server closes, which waits for them. */
  onModuleDestroy(): void {
    this.#closing.abort();
  }

  @Serves(OPERATIONS.events)
  follow(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): StreamableFile {
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    // Asked again with every look: a token may expire, a role be taken away.
    const visible = async () => this.#runs.visibleTo(await this.#access(request, 'again'));
    const events = followRuns(visible, AbortSignal.any([gone.signal, this.#closing.signal]));
    void reply.header('x-accel-buffering', 'no');
    return new StreamableFile(Readable.from(events, { objectMode: false, highWaterMark: 0 }), {
      type: OPERATIONS.events.answer.mediaType,
    });
  }
}
