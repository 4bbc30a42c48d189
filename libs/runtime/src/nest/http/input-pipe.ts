import { StandardSchemaValidationPipe } from '@nestjs/common';
import { refused } from '../../problem.ts';

/** What the library says of fields that no schema has: their names, and who puts a token into an address may make a name of it. */
const UNKNOWN = /^Unrecognized keys?: /;
/** The same where all names are words. */
const WORDS = /^Unrecognized keys?: "[\w.-]{1,24}"(, "[\w.-]{1,24}")*$/;
const NOT_KNOWN = 'It has a field or parameter that is not known here';

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
            const words = UNKNOWN.test(message) && !WORDS.test(message) ? NOT_KNOWN : message;
            return name === '' ? words : `${name}: ${words}`;
          })
          .join('; '),
      ),
  });
