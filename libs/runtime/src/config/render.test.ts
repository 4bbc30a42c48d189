import * as z from 'zod';
import { expect, test } from 'vitest';
import { renderSettings } from './render.ts';
import { flag, list, whole } from './settings.ts';

test('settings are a table in the order of their declaration', () => {
  const schema = z.object({
    STORE_URL: z.string().meta({ description: 'Where things are kept.' }),
    PORT: whole(0, 65_535).default(8080).meta({ description: 'The port.' }),
    WAIT: whole(1).default(25).meta({ description: 'How long.', unit: 'seconds' }),
    BROKERS: list().optional().meta({ description: 'a|b.' }),
    LEVEL: z.enum(['info', 'warn']).default('info').meta({ description: 'What is logged.' }),
    PREFIX: z.string().default('').meta({ description: 'Put before.' }),
    TLS: flag(false).meta({ description: 'Whether.' }),
    PASSWORD: z.string().optional().meta({ description: 'The password.', secret: true }),
  });
  const [header, rule, ...rows] = renderSettings(schema).split('\n');
  const cellsOf = (row: string) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
  expect(cellsOf(header!)).toEqual(['variable', 'default', 'meaning']);
  expect(rule).toMatch(/^\| -+ \| -+ \| -+ \|$/);
  expect(rows.map(cellsOf)).toEqual([
    ['`STORE_URL`', '**must be set**', 'Where things are kept.'],
    ['`PORT`', '`8080`', 'The port. From 0 to 65535.'],
    ['`WAIT`', '`25`', 'How long. At least 1 seconds.'],
    ['`BROKERS`', '–', 'a\\|b.'],
    ['`LEVEL`', '`info`', 'What is logged. One of `info`, `warn`.'],
    ['`PREFIX`', 'empty', 'Put before.'],
    ['`TLS`', '`false`', 'Whether.'],
    ['`PASSWORD`', '–', 'The password. A secret: best given as a file, with `PASSWORD_FILE`.'],
  ]);
  expect(new Set([header, rule, ...rows].map((row) => row!.length)).size).toBe(1);
});
