import type { ReportHeader, ReportPart } from '@margay/reports';
import type { ElasticsearchOptions, Place } from '@margay/storage';

/** Which stores a thread reads. */
export type StoresPlace =
  { readonly directory: string } | { readonly elasticsearch: Omit<ElasticsearchOptions, 'readOnly'> };

/** What a thread is started with. */
export interface ThreadData {
  readonly place: StoresPlace;
  readonly privateNetworks: readonly string[] | undefined;
}

/** What the thread says: the report piece by piece, or that there is none. */
export type ThreadMessage =
  | { readonly part: ReportPart }
  | { readonly done: { readonly header: ReportHeader; readonly digest: string; readonly read: Place } }
  | { readonly failed: Error };
