import type { estypes } from '@elastic/elasticsearch';
import type { Elastic } from './connection.ts';

/** The fields of one kind of index. Fields that are not named are refused. */
export interface IndexTemplate {
  /** The pattern of the index names, without prefix. */
  readonly pattern: string;
  readonly properties: Readonly<Record<string, estypes.MappingProperty>>;
  /** Shards of each index; 1 unless set. */
  readonly shards?: number;
}

/** A field that is searched by its exact value. */
export const KEYWORD: estypes.MappingProperty = { type: 'keyword', ignore_above: 8_000 };
/** Microseconds since the epoch: exact, unlike Elasticsearch's dates. */
export const INSTANT: estypes.MappingProperty = { type: 'long' };
/** A number. */
export const NUMBER: estypes.MappingProperty = { type: 'long' };
/** A text that is only given back, of any length. */
export const STORED: estypes.MappingProperty = { type: 'keyword', index: false, doc_values: false };
/** A time for Elasticsearch's own tools. */
export const DATE: estypes.MappingProperty = { type: 'date' };
/** Yes or no. */
export const FLAG: estypes.MappingProperty = { type: 'boolean' };

/**
 * Puts the index templates, so that indices have the right fields from their first document on, and adds fields that came with
 * a newer release to indices that are there already. Safe to repeat.
 *
 * @throws Error when a template of someone else has the same pattern and priority.
 */
export async function putTemplates(elastic: Elastic, templates: readonly IndexTemplate[]): Promise<void> {
  for (const { pattern, properties, shards = 1 } of templates) {
    const name = elastic.index(pattern.replace(/-?\*$/, ''));
    await elastic.call(`putting the index template ${name}`, () =>
      elastic.client.indices.putIndexTemplate({
        name,
        index_patterns: [elastic.index(pattern)],
        priority: 500,
        template: {
          settings: { number_of_shards: shards },
          mappings: { dynamic: 'strict', properties: { ...properties } },
        },
      }),
    );
    await elastic.call(`adding fields to ${name}`, () =>
      elastic.client.indices.putMapping({
        index: elastic.index(pattern),
        properties: { ...properties },
        allow_no_indices: true,
        ignore_unavailable: true,
      }),
    );
  }
}
