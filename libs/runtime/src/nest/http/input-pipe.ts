import { StandardSchemaValidationPipe } from '@nestjs/common';
import { refused } from '../../problem.ts';

/**
 * Checks what a route takes against the schema that stands at the parameter, `@Query({ schema: z.object({ … }) })`, and gives the
 * handler what the schema makes of it: defaults applied, numbers read. What does not fit is answered 400 and named.
 */
export const inputPipe = (): StandardSchemaValidationPipe =>
  new StandardSchemaValidationPipe({
    exceptionFactory: (issues) =>
      refused(
        issues
          .map(({ path = [], message }) => {
            const name = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
            return name === '' ? message : `${name}: ${message}`;
          })
          .join('; '),
      ),
  });
