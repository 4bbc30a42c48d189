import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configurationDocument } from './configuration.ts';
import { operatingDocument } from './operating.ts';

/** Writes the generated documents. */
const root = fileURLToPath(new URL('../../../..', import.meta.url));
writeFileSync(`${root}/docs/configuration.md`, await configurationDocument(root));
writeFileSync(`${root}/docs/operating.md`, operatingDocument());
