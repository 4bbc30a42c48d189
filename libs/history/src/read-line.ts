import {
  entriesIn,
  fields,
  formatInstant,
  isFields,
  MINUTE,
  nonEmptyText,
  parseInstant,
  type Entry,
  type Fields,
  type Unshown,
} from '@margay/ground';
import type { Origin } from './change.ts';
import { eventOfCloudAudit, isCloudAuditEntry } from './cloud-audit-log.ts';
import { keptPlaceOf, readEvent } from './read-event.ts';
import type { Reading } from './reading.ts';

/** Whether a value is an audit event, however amiss, or what a cloud tells instead of one. */
export const isAuditEvent = (value: Fields): boolean =>
  (nonEmptyText(value['verb']) !== undefined && nonEmptyText(value['stage']) !== undefined) ||
  isCloudAuditEntry(value);

/**
 * Reads a text: one audit event or many, in whatever lines and envelopes (see `EntryReader`). Events of one text share its
 * origin.
 *
 * Never throws: what is no JSON is unusable.
 */
export const readLine = (text: string, origin: Origin): Reading[] =>
  entriesIn(text, isAuditEvent).map((entry) => readEntry(entry, origin));

/** Reads one entry of a log. Never throws. */
export function readEntry(entry: Entry, origin: Origin): Reading {
  switch (entry.kind) {
    case 'value':
      return isFields(entry.value) && isCloudAuditEntry(entry.value)
        ? readCloudAudit(entry.value, origin)
        : readEvent(entry.value, origin);
    case 'elsewhere':
      return { kind: 'ignored', reason: 'out-of-kind' };
    case 'unread':
      return {
        kind: 'unusable',
        reason: entry.reason === 'too-long' ? 'too-long' : 'not-an-audit-event',
        message: entry.message,
      };
    case 'text':
      return readCut(entry, origin) ?? notJson(entry);
  }
}

function readCloudAudit(entry: Fields, origin: Origin): Reading {
  const event = eventOfCloudAudit(entry);
  if (event !== undefined) return readEvent(event, origin);
  const at = parseInstant(entry['timestamp']);
  return {
    kind: 'unusable',
    reason: 'not-an-audit-event',
    message:
      'An entry of Cloud Audit Logs names its object in a form that is not known: it is not io.k8s.GROUP.VERSION.RESOURCE.VERB of GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME.',
    ...(at !== undefined && { at }),
  };
}

type TextEntry = Extract<Entry, { readonly kind: 'text' }>;

/** What CloudWatch puts behind a line that it cut off. */
const CUT = /\[Truncated\.\.\.\]$/;

/** The API server answers within this time, or gives up: `--request-timeout`. */
const REQUEST_TIMEOUT = MINUTE;

/**
 * What an event says that was cut off on its way, as AKS and CloudWatch cut long ones: whose it was is at its beginning, so that
 * the doubt is about that object alone, where somebody told when the line was written.
 */
function readCut(entry: TextEntry, origin: Origin): Reading | undefined {
  const { text, at } = entry;
  const head = text.cutObject();
  const isEvent = head !== undefined && nonEmptyText(head['auditID']) !== undefined;
  if (!isEvent) return text.looks(CUT) ? truncated({}, entry) : undefined;
  // Without both it was cut before the object's name.
  const isTold = isAuditEvent(head) && (isFields(head['objectRef']) || isFields(head['responseStatus']));
  if (!isTold) return truncated(head, entry);
  const event = {
    ...head,
    ...(at !== undefined && {
      requestReceivedTimestamp: formatInstant(at - REQUEST_TIMEOUT),
      stageTimestamp: formatInstant(at),
    }),
    annotations: { ...fields(head['annotations']), 'audit.k8s.io/truncated': 'true' },
  };
  const reading = readEvent(event, origin);
  if (reading.kind === 'unusable') return truncated(event, entry);
  if (reading.kind !== 'doubtful') return reading;
  const message = cutMessage(event, text);
  const changes = reading.changes?.map((change) =>
    change.doubt === undefined ? change : { ...change, doubt: { ...change.doubt, message } },
  );
  return { ...reading, message, ...(changes && { changes }) };
}

/** A line of a file by itself may break off for any reason: its end is missing, and no more is known. */
const truncated = (event: Fields, { text, enveloped }: TextEntry): Reading => ({
  kind: 'unusable',
  reason: enveloped || text.looks(CUT) ? 'truncated' : 'not-json',
  message: cutMessage(event, text),
});

const cutMessage = (event: Fields, text: Unshown): string =>
  `${keptPlaceOf(event) ?? 'An event'}: it was cut off (${text.toString()}).`;

/** What a text is that is no JSON, where its look tells, and what to do. */
const FORMS: readonly { readonly looks: RegExp; readonly message: string }[] = [
  {
    looks: / AUDIT: id=/,
    message:
      'The log is in the legacy format, which has no bodies: start the API server with --audit-log-format=json',
  },
  {
    looks: /^<(!doctype|html|\?xml)\b/i,
    message: 'It is a web page or XML, and no log: was a sign-in answered?',
  },
  {
    looks: /^(---|(- )?(apiVersion|kind|items|metadata):)(\s|$)/,
    message: 'It is YAML, which is not read: audit events are JSON lines, as the API server writes them',
  },
  {
    looks: /^"?[@\w. ]+"?(,"?[@\w. ]+"?)+$|(^|,)"\{""|\{""\w+"":/,
    message: 'It is CSV, which is not read: export JSON lines',
  },
  {
    looks: /^(LAST SEEN|NAMESPACE|NAME) +[A-Z]/,
    message: 'It is a table of kubectl: give the audit log of the API server (--audit-log-path)',
  },
];

function notJson({ text, problem }: TextEntry): Reading {
  const form =
    FORMS.find(({ looks }) => text.looks(looks))?.message ??
    // oxlint-disable-next-line no-control-regex
    (text.begins(/[\u0000-\u0008\uFFFD]/) ? 'It is no text' : `Not JSON${whyNot(problem)}`);
  return {
    kind: 'unusable',
    reason: 'not-json',
    message: text.length === 0 ? form : `${form} (${text.toString()})`,
  };
}

/** Why a text is no JSON, where more is known than that it is none. */
const whyNot = (problem: TextEntry['problem']): string => (problem === 'it is no JSON' ? '' : `: ${problem}`);
