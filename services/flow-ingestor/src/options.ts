import type { LogFiles } from '@margay/sources/nest';
import type { Config } from './config.ts';

/** The settings of the flow ingestor's module: its sources, of which any may be left out. */
export interface FlowIngestorOptions {
  /** Whose files and topic they are. */
  readonly cluster: string;
  /** The uids of clusters' namespaces `kube-system`, as far as somebody said them. */
  readonly clusterUids?: ReadonlyMap<string, string>;
  readonly files?: LogFiles;
  /** A topic of raw flow logs that somebody else writes. */
  readonly topic?: { readonly name: string; readonly group: string };
  /** The receiver, as its settings say. */
  readonly receiver?: Config;
  /** Where the places of files are kept, if it is to be watched. */
  readonly directory?: string;
}

/** The token of {@link FlowIngestorOptions}. */
export const FLOW_INGESTOR_OPTIONS = 'FLOW_INGESTOR_OPTIONS';
