/** What a token is. */
export type TokenType =
  | 'text'
  | 'left'
  | 'right'
  | 'keyword'
  | 'name'
  | 'field'
  | 'variable'
  | 'number'
  | 'char'
  | 'string'
  | 'bool'
  | 'nil'
  | 'dot'
  | 'mark'
  | 'end of template';

export interface Token {
  readonly type: TokenType;
  /** As written; of strings what they say. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** Whether white space stands before it. */
  readonly spaced: boolean;
}

const KEYWORDS = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);

const SPACE = /[ \t\r\n]*/y;
const RIGHT = /(?:[ \t\r\n]-)?\}\}/y;
const WORD = /\$?[\p{L}\p{Nd}_]*/uy;
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[bB][01_]+|0[oO][0-7_]+|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RAW = /`[^`]*`/y;
const CHAR = /'(?:[^'\\\n]|\\[^\n])*'/y;
const MARK = /:=|[=|(),]/y;
/** What may stand right behind a word. */
const TERMINATOR = /$|[ \t\r\n.,|:()]|\}\}/y;

/** Takes a template apart, as Go's `text/template` does with its usual delimiters. @throws through `fail`. */
export function lex(template: string, fail: (line: number, what: string) => never): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(template)?.[0];
  };
  const skip = (length: number): void => {
    for (const end = at + length; at < end; at++) if (template.charCodeAt(at) === 10) line++;
  };
  const add = (type: TokenType, text: string, spaced: boolean): void => {
    tokens.push({ type, text, line, spaced });
  };

  for (;;) {
    const open = template.indexOf('{{', at);
    const trimsLeft = open >= 0 && /^-[ \t\r\n]/.test(template.slice(open + 2, open + 4));
    const text = open < 0 ? template.slice(at) : template.slice(at, open);
    const shown = trimsLeft ? withoutSpaceBehind(text) : text;
    if (shown !== '') add('text', shown, false);
    skip(text.length);
    if (open < 0) break;
    skip(trimsLeft ? 4 : 2);
    if (template.startsWith('/*', at)) {
      comment();
      continue;
    }
    add('left', '{{', false);
    action();
  }
  add('end of template', '', false);
  return tokens;

  function comment(): void {
    const close = template.indexOf('*/', at + 2);
    if (close < 0) fail(line, 'the comment is not closed: end it with */}}');
    skip(close + 2 - at);
    const right = take(RIGHT);
    if (right === undefined) fail(line, 'a comment must be alone between {{ and }}');
    skip(right.length);
    if (right.length > 2) skip(take(SPACE)!.length);
  }

  function action(): void {
    let open = 0;
    for (;;) {
      const space = take(SPACE)!;
      const trims = space !== '' && template.startsWith('-}}', at + space.length);
      if (trims || template.startsWith('}}', at + space.length)) {
        if (open > 0) fail(line, 'a ( is not closed');
        skip(space.length);
        add('right', '}}', false);
        skip(trims ? 3 : 2);
        if (trims) skip(take(SPACE)!.length);
        return;
      }
      skip(space.length);
      if (at >= template.length) fail(line, 'an action is not closed: end it with }}');
      open += token(space !== '');
      if (open < 0) fail(line, 'a ) closes nothing');
    }
  }

  /** Reads one token; gives how many parentheses it opens. */
  function token(spaced: boolean): number {
    const first = template[at]!;
    const next = template[at + 1] ?? '';
    const end = (type: TokenType, written: string, text = written): number => {
      add(type, text, spaced);
      skip(written.length);
      return 0;
    };
    if (first === '"') {
      const written = take(STRING);
      if (written === undefined) fail(line, 'a " is not closed on its line');
      return end('string', written, unquote(written, line));
    }
    if (first === '`') {
      const written = take(RAW);
      if (written === undefined) fail(line, 'a ` is not closed');
      return end('string', written, written.slice(1, -1).replaceAll('\r', ''));
    }
    if (first === "'") {
      const written = take(CHAR);
      if (written === undefined) fail(line, "a ' is not closed on its line");
      const text = unquote(
        `"${written.slice(1, -1).replaceAll("\\'", "'").replaceAll(/^"$/g, '\\"')}"`,
        line,
      );
      if (Array.from(text).length !== 1) fail(line, 'a constant in single quotes is not one character');
      return end('char', written, text);
    }
    const mark = take(MARK);
    if (mark !== undefined) {
      end('mark', mark);
      return mark === '(' ? 1 : mark === ')' ? -1 : 0;
    }
    if (/[\d+-]/.test(first) || (first === '.' && /\d/.test(next))) {
      const written = take(NUMBER)!;
      const after = template[at + written.length] ?? '';
      if (!/\d/.test(written) || /[\p{L}\p{Nd}_]/u.test(after)) fail(line, `bad number: ${written}${after}`);
      return end('number', written);
    }
    if (first === '.') {
      at++;
      const word = take(WORD)!.replace(/^\$.*/, '');
      at--;
      terminated(word.length + 1);
      return word === '' ? end('dot', '.') : end('field', `.${word}`, word);
    }
    const word = take(WORD)!;
    if (word === '') fail(line, `unexpected ${JSON.stringify(first)} in an action`);
    terminated(word.length);
    if (word.startsWith('$')) return end('variable', word);
    if (KEYWORDS.has(word)) return end('keyword', word);
    if (word === 'true' || word === 'false') return end('bool', word);
    return word === 'nil' ? end('nil', word) : end('name', word);
  }

  function terminated(length: number): void {
    TERMINATOR.lastIndex = at + length;
    if (!TERMINATOR.test(template))
      fail(
        line,
        `unexpected ${JSON.stringify(template[at + length])} behind ${template.slice(at, at + length)}`,
      );
  }

  function unquote(quoted: string, where: number): string {
    return quoted
      .slice(1, -1)
      .replaceAll(
        /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.)|$)/gu,
        (escape: string, byte?: string, four?: string, eight?: string, octal?: string, one?: string) => {
          const hex = byte ?? four ?? eight;
          const code = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal ?? '', 8);
          if (Number.isInteger(code)) {
            const isText = code <= 0x10_ff_ff && (code < 0xd8_00 || code > 0xdf_ff);
            // Bytes above 127 are parts of characters: text that is no UTF-8 has no use here.
            if (!isText || ((byte ?? octal) !== undefined && code > 127))
              fail(where, `${escape} is no character`);
            return String.fromCodePoint(code);
          }
          const plain = ESCAPES[one ?? ''];
          if (plain === undefined) fail(where, `unknown escape ${escape}`);
          return plain;
        },
      );
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** Without the space at its end. A pattern would try each space of the text as the first of them. */
function withoutSpaceBehind(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}
