import type { Rule } from './schema.ts';

/** Longer schedules have never been seen, and the cost of checking them is bounded by this. */
export const SCHEDULE_CHARACTERS_MAX = 100;

/** `@daily` and its like, which stand for five fields. */
const NICKNAME = "self.matches('(?i)^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$')";

const MINUTE = '[0-5]?[0-9]';
/** `*`, `5`, `5-9`, each perhaps with a step, `/10`. */
const ITEM = `([*]|${MINUTE}(-${MINUTE})?)(/(0?[1-9]|[1-5][0-9]))?`;
const FIVE_FIELDS = `self.matches('^ *${ITEM}(,${ITEM})*( +[^ ]+){4} *$')`;

const PLAIN_MINUTES = `self.matches('^ *${MINUTE}(,${MINUTE})? ')`;
const ONE_ITEM = `self.matches('^ *${ITEM} ')`;
// Of an item alone, whose parts are the first of their form in the text. `-9` is read as a negative number.
const FIRST = "(self.matches('^ *[*]') ? 0 : int(self.find('[0-9]+')))";
const LAST = "(self.matches('^ *[0-9]+-') ? -int(self.find('-[0-9]+')) : 59)";
const STEP = "(self.matches('^ *[^ ]+/') ? int(self.find('/[0-9]+').substring(1)) : 1)";

/**
 * What admission can tell of a schedule: that it has five fields, and at most two values in the minute field, written as
 * one or two minutes or as one item that names no more.
 *
 * The other four fields are left to the scheduler, which says in a condition what is wrong with them.
 */
export const SCHEDULE_RULES: readonly Rule[] = [
  {
    rule: `${NICKNAME} || ${FIVE_FIELDS}`,
    message:
      'not a schedule: write minute, hour, day, month and weekday, with blanks between them, such as "0 0 * * *" (UTC)',
  },
  {
    rule: `!${FIVE_FIELDS} || ${PLAIN_MINUTES} || (${ONE_ITEM} && ${LAST} - ${FIRST} < 2 * ${STEP})`,
    message: 'too often: the minute field may have two values at most, such as "0,30 * * * *"',
  },
];
