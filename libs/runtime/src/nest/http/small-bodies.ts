import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../problem.ts';

/** No route of a process reads a body: what clients send by habit, like `{}`, does no harm. */
const BODY_BYTES_MAX = 1_024;

/** Refuses bodies that no route takes, to whoever has the route's right: it comes after the guard of rights, and reads nothing. */
@Injectable()
export class SmallBodies implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const { headers, url } = context.switchToHttp().getRequest<FastifyRequest>();
    const length = Number(headers['content-length'] ?? 0);
    if (length <= BODY_BYTES_MAX) return true;
    throw new Problem(
      413,
      'Too large',
      `${url.split('?', 1)[0]} takes no body of ${length} bytes: send none, at most ${BODY_BYTES_MAX}`,
    );
  }
}
