/**
 * Why programs may read different things in a JSON text, as the rest of a sentence; undefined where all read the same. Some take the first of two
 * equal names and some the last, and numbers that a double does not hold are read in as many ways as there are types of numbers.
 *
 * @param text what `JSON.parse` takes.
 * @param nameOf what names are compared by: some programs take those for equal that differ in case.
 */
export function ambiguityOf(text: string, nameOf = (name: string): string => name): string | undefined {
  /** The names so far of each object that is open; of a list nothing. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') {
      const end = endOfText(text, at);
      if (isName) {
        const names = open.at(-1)!;
        const name = nameOf(JSON.parse(text.slice(at, end)) as string);
        if (names.has(name)) return `it has ${shortened(name)} twice in one object`;
        names.add(name);
      }
      isName = false;
      at = end - 1;
    } else if (character === '{' || character === '[') {
      isName = character === '{';
      open.push(isName ? new Set() : undefined);
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === ',') {
      isName = open.at(-1) !== undefined;
    } else if (NUMBER_BEGINS.test(character)) {
      NUMBER.lastIndex = at;
      const [number] = NUMBER.exec(text)!;
      if (String(Number(number)) !== number)
        return `it has the number ${shortened(number)}, which is not written as its value is`;
      at += number.length - 1;
    }
  }
  return undefined;
}

const NUMBER_BEGINS = /[-0-9]/;
const NUMBER = /[-+.0-9eE]+/y;
const SHOWN_MAX = 60;

const shortened = (text: string): string =>
  JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);

/** The place behind the quote that ends a text. */
function endOfText(text: string, begin: number): number {
  for (let at = text.indexOf('"', begin + 1); ; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
}
