import type { Rule } from './schema.ts';

/** Bounds what checking a selector may cost. */
export const SELECTOR_CHARACTERS_MAX = 4096;

const LABEL = '[A-Za-z0-9_./-]+';
// The second way to quote is spelt by its code, since the pattern itself stands in single quotes.
const STRING = '("[^"]*"|\\\\x27[^\\\\x27]*\\\\x27)';
const B = '[ \\\\t]*';
const SET = `[{]${B}(${STRING}${B}(,${B}${STRING}${B})*,?)?${B}[}]`;
const TEST = `(==|!=|contains|starts${B}with|ends${B}with)${B}${STRING}` + `|(not${B})?in${B}${SET}`;
const OPERAND = `(has[(]${B}${LABEL}${B}[)]|(all|global)[(]${B}[)]|${LABEL}${B}(${TEST}))`;
/** What may stand before and behind an operand: any number of `!` and parentheses. */
const BEFORE = '[! \\\\t(]*';
const BEHIND = '[ \\\\t)]*';

/** The strings and parentheses of a selector, in order: those within strings are part of the string. */
const MARKS = `self.findAll('${STRING}|[()]')`;

/**
 * What admission can tell of a selector: every operand, operator and string is well formed, and parentheses come in
 * pairs. A regular expression cannot nest, so some that are wrong pass; the scheduler names those in a condition. None that
 * is right is refused.
 */
export const SELECTOR_RULES: readonly Rule[] = [
  {
    rule: `self.matches('^${B}$') || self.matches('^${BEFORE}${OPERAND}${BEHIND}((&&|[|][|])${BEFORE}${OPERAND}${BEHIND})*$')`,
    message:
      'not a selector: write tests such as deployment == \'production\', tier in {"a", "b"}, has(app), joined by && and ||; strings are quoted',
  },
  {
    rule: `${MARKS}.filter(mark, mark == '(').size() == ${MARKS}.filter(mark, mark == ')').size()`,
    message: 'not a selector: parentheses do not come in pairs',
  },
];
