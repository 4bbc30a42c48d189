import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { asyncApiDocument } from '../docs/asyncapi-document.ts';
import { topicsDocument } from '../docs/topics-document.ts';

/** Writes the documents that are generated from the schemas. */
const docs = fileURLToPath(new URL('../../../../docs', import.meta.url));
writeFileSync(`${docs}/topics.md`, topicsDocument());
writeFileSync(`${docs}/asyncapi.json`, `${JSON.stringify(asyncApiDocument(), undefined, 2)}\n`);
