import { readFileSync } from 'node:fs';
import { REPORT_TYPES } from '@margay/reports';
import { expect, test } from 'vitest';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const REFERENCE = readFileSync(new URL('../docs/report-reference.md', import.meta.url), 'utf8');
/** The cells of a row of a table of Markdown. */
const cells = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

test.each([...REPORT_TYPES.values()])(
  'the README tells of $name what its type says',
  ({ name, answers, downloads }) => {
    const row = README.split('\n')
      .map(cells)
      .find(([first]) => first === `\`${name}\``);
    expect(row).toEqual([`\`${name}\``, answers, downloads.map((file) => `\`${file.name}\``).join(' ')]);
  },
);

test.each([...REPORT_TYPES.values()])(
  'the reference has a section on $name that names its files',
  ({ name, downloads }) => {
    const section = REFERENCE.split(/^## /m).find((part) => part.startsWith(`${name}\n`));
    for (const file of downloads) expect(section).toContain(`\`${file.name}\``);
  },
);
