import { formatInstant, type Instant } from '@margay/ground';

/** An event as CloudEvents 1.0 writes it in JSON. */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** The same for the same news, however often it is told. */
  readonly id: string;
  readonly source: string;
  readonly type: EventType;
  /** The GlobalReport's name. */
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: object;
}

export type EventType =
  'io.margay.report.completed' | 'io.margay.report.failed' | 'io.margay.report.regressed';

/** What an event is about. */
interface About {
  readonly cluster: string;
  readonly id: string;
  readonly reportName: string;
}

/** The event of some news about a window. */
export function cloudEvent(
  type: EventType,
  { cluster, id, reportName }: About,
  at: Instant,
  data: object,
): CloudEvent {
  return {
    specversion: '1.0',
    id: `${id}/${type.split('.').at(-1)}`,
    source: `/margay/clusters/${encodeURIComponent(cluster)}`,
    type,
    subject: reportName,
    time: formatInstant(at),
    datacontenttype: 'application/json',
    data,
  };
}
