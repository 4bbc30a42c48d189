import { createHash } from 'node:crypto';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';

/** Gives JSON an ETag; nothing is sent where the viewer has it already. */
@Injectable()
export class EtagInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<object>): Observable<string | undefined> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((answer) => {
        const body = JSON.stringify(answer);
        const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
        void reply.header('etag', etag).type('application/json; charset=utf-8');
        if (request.headers['if-none-match'] !== etag) return body;
        void reply.code(304);
        return undefined;
      }),
    );
  }
}
