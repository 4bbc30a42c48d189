import type { Change } from '@margay/history';
import type { Connection } from '@margay/kubernetes';
import type { LogFiles } from '@margay/sources/nest';
import type { Config } from './config.ts';
import type { OpenKnown } from './sources/watch/known-objects.ts';

/** How canaries are written. */
export interface CanarySettings {
  /** Between two rounds. */
  readonly intervalMilliseconds: number;
  /** Where the object is; the connection's own namespace unless given. */
  readonly namespace?: string;
  /** The API servers, `host:port`; those of the Service `kubernetes` unless given. */
  readonly servers?: readonly string[];
}

/** The settings of the audit ingestor's module: its sources, of which any may be left out. */
export interface AuditIngestorOptions {
  /** Whose files, topic and watch they are. */
  readonly cluster: string;
  /** The uids of clusters' namespaces `kube-system`, as far as somebody said them. */
  readonly clusterUids?: ReadonlyMap<string, string>;
  readonly files?: LogFiles & {
    /** Told of every batch of lines that is durable. */
    readonly onLines?: (path: string, lines: number) => void;
  };
  readonly watch?: {
    readonly connect: () => Promise<Connection>;
    /** Opens what existed where the watch stopped. */
    readonly known: OpenKnown;
  };
  /** Whether what the API servers tell arrives is seen by what is written through each of them. */
  readonly canary?: CanarySettings & { readonly connect: () => Promise<Connection> };
  /**
   * Whether other instances take from the same webhook or topic, or read logs of other API servers: what does not come here may
   * have come to one of them.
   */
  readonly isShared?: boolean;
  /** A folder of its own in which this process keeps its places; without one they are where its stores are. */
  readonly directory?: string;
  /** A topic of raw events that somebody else writes. */
  readonly topic?: { readonly name: string; readonly group: string };
  /** Asked before a batch is published; what it throws ends the source. */
  readonly admit?: (changes: readonly Change[]) => void;
  /** The webhook, as its settings say. */
  readonly webhook?: Config;
}

/** The token of {@link AuditIngestorOptions}. */
export const AUDIT_INGESTOR_OPTIONS = 'AUDIT_INGESTOR_OPTIONS';
