import { fileURLToPath } from 'node:url';
import { notReadJson, valuesSchema, valuesTables, valuesYaml } from './values-files.ts';

const CHART = fileURLToPath(new URL('../../../../charts/margay/', import.meta.url));

/** What of the chart is made of its description: path → text. `read` gives what a file holds now, as only a part of the README is. */
export function chartFiles(read: (path: string) => string): ReadonlyMap<string, string> {
  const readme = `${CHART}README.md`;
  return new Map([
    [`${CHART}values.yaml`, valuesYaml()],
    [`${CHART}values.schema.json`, `${JSON.stringify(valuesSchema(), undefined, 2)}\n`],
    [`${CHART}files/not-read.json`, notReadJson()],
    [
      readme,
      read(readme).replace(
        /(<!-- values -->\n)[^]*(\n<!-- \/values -->)/,
        (_, before: string, after: string) => `${before}\n${valuesTables()}\n${after}`,
      ),
    ],
  ]);
}
