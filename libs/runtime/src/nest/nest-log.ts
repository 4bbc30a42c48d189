import type { LoggerService } from '@nestjs/common';
import type { Log } from '../log.ts';

/** Where Nest says an error that it throws, too: whoever starts the application tells it. */
const THROWN = 'ExceptionHandler';

/** That nothing can be listened on is thrown as well; Nest says it as text. */
const isOfListening = (said: unknown): boolean => String(said).startsWith('Error: listen E');

/** Nest's own words in the log of the process. What it tells at every start is for debugging. */
export function nestLog(log: Log): LoggerService {
  const write =
    (level: 'debug' | 'warn' | 'error') =>
    (text: unknown, ...more: unknown[]) => {
      const context = more.findLast((each) => typeof each === 'string');
      log[context === THROWN || isOfListening(text) ? 'debug' : level]('Nest says', {
        ...(text instanceof Error ? { error: text } : { text: String(text) }),
        ...(context !== undefined && { context }),
      });
    };
  return {
    verbose: write('debug'),
    debug: write('debug'),
    log: write('debug'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('error'),
  };
}
