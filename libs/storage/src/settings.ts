import { readFileSync } from 'node:fs';
import { bothOrNone, list } from '@margay/runtime';
import * as z from 'zod';
import type { ElasticsearchOptions } from './elasticsearch/connection.ts';

/** Where history and reports are kept, and how to sign in there. */
export const elasticsearchSettings = {
  ELASTICSEARCH_URLS: list().meta({
    description: 'Elasticsearch nodes, as URLs with commas between them.',
  }),
  ELASTICSEARCH_API_KEY: z.string().optional().meta({ description: 'API key, encoded.', secret: true }),
  ELASTICSEARCH_USERNAME: z.string().optional().meta({ description: 'User name, instead of an API key.' }),
  ELASTICSEARCH_PASSWORD: z.string().optional().meta({ description: 'That user’s password.', secret: true }),
  ELASTICSEARCH_CA_FILE: z.string().optional().meta({
    description: 'PEM file of the authority that signed the nodes’ certificates; the system’s unless set.',
  }),
  ELASTICSEARCH_INDEX_PREFIX: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and hyphens')
    .default('margay')
    .meta({ description: 'Put before the name of every index.' }),
};

/** The Elasticsearch settings, parsed. */
export type ElasticsearchConfig = z.output<z.ZodObject<typeof elasticsearchSettings>>;

/** The settings in the form that the stores of one cluster are opened with; see {@link elasticsearchPlaceOf}. */
export const elasticsearchOptionsOf = (
  config: ElasticsearchConfig,
  cluster: string,
): ElasticsearchOptions => ({ ...elasticsearchPlaceOf(config), cluster });

/**
 * The settings in the form that a connection is made with; the authority's file is read now.
 *
 * @throws Error of the file system for a file that cannot be read, and when only half of a pair is set.
 */
export function elasticsearchPlaceOf(config: ElasticsearchConfig): Omit<ElasticsearchOptions, 'cluster'> {
  const {
    ELASTICSEARCH_API_KEY: apiKey,
    ELASTICSEARCH_USERNAME: username,
    ELASTICSEARCH_PASSWORD: password,
    ELASTICSEARCH_CA_FILE: ca,
  } = config;
  bothOrNone(config, 'ELASTICSEARCH_USERNAME', 'ELASTICSEARCH_PASSWORD');
  const signIn =
    apiKey !== undefined
      ? { apiKey }
      : username !== undefined && password !== undefined
        ? { username, password }
        : undefined;
  return {
    nodes: config.ELASTICSEARCH_URLS,
    prefix: config.ELASTICSEARCH_INDEX_PREFIX,
    ...(ca !== undefined && { ca: readFileSync(ca, 'utf8') }),
    ...(signIn && { signIn }),
  };
}
