import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { throwError, type Observable } from 'rxjs';
import { Problem } from '../../problem.ts';
import type { Log } from '../../log.ts';
import { LOG } from '../tokens.ts';

/**
 * Answers every request that failed as RFC 9457 has it, `application/problem+json`, and logs it with its route. What broke inside
 * is for the log, not for whoever asks. What a handler of a topic threw goes on to the transport as it is.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log: Log;

  constructor(@Inject(LOG) log: Log) {
    this.#log = log;
  }

  catch(error: unknown, host: ArgumentsHost): Observable<never> | void {
    if (host.getType() !== 'http') return throwError(() => error);
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, title, detail } = problemOf(error);
    const fields = { method: request.method, route: request.routeOptions.url, error };
    // What the client did wrong is the client's to know.
    if (status >= 500) this.#log.error('A request failed', fields);
    else this.#log.debug('A request was refused', fields);
    if (reply.raw.headersSent) {
      // Too late for words: a broken connection tells that the answer is not whole.
      reply.raw.destroy();
      return;
    }
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply
      .code(status)
      .type('application/problem+json')
      .send(JSON.stringify({ type: 'about:blank', title, status, detail }));
  }
}

function problemOf(error: unknown): { status: number; title: string; detail: string } {
  if (error instanceof Problem) return { status: error.status, title: error.title, detail: error.message };
  const status = statusOf(error);
  const detail = status >= 500 ? 'Something failed; the log says what' : (error as Error).message;
  return { status, title: status === 404 ? 'Not found' : 'Error', detail };
}

/** Nest and Fastify have errors of their own, for unknown routes and bodies that cannot be read. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
