import type { ReportWindow } from '@margay/contracts';
import type { Unapplied } from '@margay/coverage';
import type { ReportHeader, ReportPart } from '@margay/reports';
import type { DatabaseUnusable, ElasticsearchOptions, Place } from '@margay/storage';

/** Where the stores are that a thread reads: those of one cluster in a folder, or of the cluster of each window. */
export type StoresPlace =
  | { readonly directory: string }
  | { readonly elasticsearch: Omit<ElasticsearchOptions, 'readOnly' | 'cluster'> };

/** What a thread is started with. */
export interface ThreadData {
  readonly place: StoresPlace;
  readonly privateNetworks: readonly string[] | undefined;
}

/** What a thread is asked for. */
export interface ThreadTask {
  readonly window: ReportWindow;
  /** What was published and is not in the stores. */
  readonly unapplied: Unapplied | undefined;
}

/** What the thread says: the report piece by piece, or that there is none. */
export type ThreadMessage =
  | { readonly part: ReportPart }
  | { readonly done: { readonly header: ReportHeader; readonly digest: string; readonly read: Place } }
  | {
      readonly failed: Error;
      readonly isAway: boolean;
      /** Why the database cannot be used, where that is the reason. */
      readonly unusable: DatabaseUnusable['code'] | undefined;
    };
