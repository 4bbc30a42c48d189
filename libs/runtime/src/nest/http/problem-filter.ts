import type { IncomingMessage, ServerResponse } from 'node:http';
import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { throwError, type Observable } from 'rxjs';
import { partOf } from '../../failed.ts';
import { problemOf, type Problem } from '../../problem.ts';
import type { Log } from '../../log.ts';
import { reasonOf } from '../../shown.ts';
import { LOG } from '../tokens.ts';

/** Whoever is told that something cannot be had now is told to come again after so long, where nothing else is said. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Answers every request that failed as RFC 9457 has it, `application/problem+json`, and logs it with its route. What broke inside
 * is for the log, not for whoever asks, but for which part is away where one is: 503, and the same will do when it is back. Every 503 says
 * when to come again. What a handler of a topic threw goes on to the transport as it is.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log: Log;
  readonly #host: HttpAdapterHost;

  constructor(@Inject(LOG) log: Log, @Inject(HttpAdapterHost) host: HttpAdapterHost) {
    this.#log = log;
    this.#host = host;
  }

  catch(error: unknown, host: ArgumentsHost): Observable<never> | void {
    if (host.getType() !== 'http') return throwError(() => error);
    const http = this.#host.httpAdapter;
    // Middleware comes before Fastify's own request and reply.
    const request = host.switchToHttp().getRequest<FastifyRequest | IncomingMessage>();
    const reply = host.switchToHttp().getResponse<FastifyReply | ServerResponse>();
    const raw = 'raw' in reply ? reply.raw : reply;
    const { status, title, detail, headers } = answerTo(error);
    const route = 'routeOptions' in request ? request.routeOptions.url : request.url?.split('?', 1)[0];
    const fields = { method: request.method, route, error };
    // What the client did wrong is the client's to know.
    if (status >= 500) this.#log.error('A request failed', fields);
    else this.#log.debug('A request was refused', fields);
    if (raw.headersSent) {
      // Too late for words: a broken connection tells that the answer is not whole.
      raw.destroy();
      return;
    }
    for (const [name, value] of Object.entries(headers)) http.setHeader(reply, name, value);
    if (status === 401) http.setHeader(reply, 'www-authenticate', 'Bearer');
    http.setHeader(reply, 'content-type', 'application/problem+json');
    http.reply(reply, JSON.stringify({ type: 'about:blank', title, status, detail }), status);
  }
}

type Answer = Pick<Problem, 'status' | 'title' | 'headers'> & { readonly detail: string };

function answerTo(error: unknown): Answer {
  const problem = problemOf(error);
  if (problem === undefined) return answerToOther(error);
  const { status, title, message: detail, headers } = problem;
  const later = status === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {};
  return { status, title, detail, headers: { ...later, ...headers } };
}

function answerToOther(error: unknown): Answer {
  const status = statusOf(error);
  const detail = status >= 500 ? 'Something failed; the log says what' : reasonOf(error);
  return { status, title: status === 404 ? 'Not found' : 'Error', detail, headers: {} };
}

/**
 * Nest and Fastify have errors of their own, for unknown routes and bodies that cannot be read. What another part answered is about what it
 * was asked, and nothing that whoever asks here did.
 */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  if (partOf(error) !== undefined) return 500;
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
