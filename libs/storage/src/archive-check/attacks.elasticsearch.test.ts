import { randomUUID } from 'node:crypto';
import { elasticTarget } from '../testing/elastic-target.ts';
import { attacksContract } from './attacks.contract.ts';

attacksContract('Elasticsearch', () =>
  elasticTarget(process.env['MARGAY_TEST_ELASTICSEARCH']!, `margay-test-${randomUUID().slice(0, 8)}`, 'c'),
);
