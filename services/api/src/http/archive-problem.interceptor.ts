import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Problem } from '@margay/runtime';
import { ArchiveDamaged } from '@margay/storage';
import { catchError, throwError, type Observable } from 'rxjs';

/** Nothing of a report is answered that is not what was archived: 409 where it was changed, 410 where it is gone, with what is wrong. */
@Injectable()
export class ArchiveProblemInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => problemOf(error))));
  }
}

function problemOf(error: unknown): unknown {
  if (!(error instanceof ArchiveDamaged)) return error;
  return error.isGone
    ? new Problem(410, 'The report was removed', error.message)
    : new Problem(409, 'The archive was changed', error.message);
}
