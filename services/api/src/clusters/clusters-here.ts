import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '@margay/runtime';
import type { Cell, Stores } from '@margay/storage';
import type { Fleet } from './fleet.ts';

/** The clusters whose reports are served at one address, and how each is reached from here. */
export interface ClustersHere {
  /** The one that is asked here. */
  readonly asked: string;
  /** All of them, that which is meant where none is named first. */
  readonly names: readonly string[];
  readonly fleet: Fleet;
  /** The stores of all of them: whoever looks into those of another has asked that cluster, see `fleet`. */
  readonly cell: Pick<Cell, 'clusters' | 'of'>;
  /** The stores of those whose removed reports are counted here: each cluster's by one application of the process. */
  readonly counted: ReadonlyMap<string, Stores>;
  /** Those that the process exposes: an application behind another has none of its own that anybody sees. */
  readonly metrics: Metrics;
  /** What answers requests about another one. @throws Problem where that cannot be had. */
  answers(cluster: string): Promise<(request: IncomingMessage, response: ServerResponse) => void>;
}
