/** A line of a comparison: taken away, put in, or the same. */
export interface DiffLine {
  readonly sign: '-' | '+' | ' ';
  readonly text: string;
}

/** Beyond this the texts are shown one after the other: the table of common lines would be too big. */
const CELLS_MAX = 4_000_000;

/** Compares texts line by line, by their longest common sequence of lines. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const a = before === '' ? [] : before.split('\n');
  const b = after === '' ? [] : after.split('\n');
  const lines = (sign: DiffLine['sign'], texts: readonly string[]) =>
    texts.map((text): DiffLine => ({ sign, text }));
  if (a.length * b.length > CELLS_MAX) return [...lines('-', a), ...lines('+', b)];
  // common[i][j]: how many lines a[i..] and b[j..] have in common.
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i]![j] =
        a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const found: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      found.push({ sign: ' ', text: a[i]! });
      i++;
      j++;
    } else if (common[i + 1]![j]! >= common[i]![j + 1]!) found.push({ sign: '-', text: a[i++]! });
    else found.push({ sign: '+', text: b[j++]! });
  }
  return [...found, ...lines('-', a.slice(i)), ...lines('+', b.slice(j))];
}
