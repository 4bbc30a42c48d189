import { setTimeout } from 'node:timers/promises';
import { pauseAfter } from '@margay/ground';
import type { Elastic } from './connection.ts';
import { Refused } from '../refused.ts';
import { explainedElastic, isAboutDocument, isTooLarge } from './unusable.ts';
import { WRITE_WAIT } from './writes.ts';

/** One document to be written or taken away. */
export type DocumentWrite =
  | {
      /** `create` keeps what is there; `index` replaces it unless what is there is newer by `version`. */
      readonly op: 'create' | 'index';
      readonly index: string;
      readonly id: string;
      readonly document: object;
      /** For `index`: refused where what is there has a greater one. */
      readonly version?: number;
      /** For `index`: refused where what is there was written after this. */
      readonly after?: { readonly seqNo: number; readonly primaryTerm: number };
    }
  | {
      readonly op: 'delete';
      readonly index: string;
      readonly id: string;
      /** Refused where what is there has a greater one. */
      readonly version?: number;
    };

const DOCUMENTS_MAX = 2_000;
const BYTES_MAX = 8 * 1024 * 1024;
const ATTEMPTS = 5;
/** In milliseconds. */
const PAUSES = { first: 400, longest: 3_200 };

interface Answer {
  readonly status: number;
  readonly error?: Cause;
}

/** Why a document was refused, and why that. */
interface Cause {
  readonly type?: string;
  readonly reason?: string | null;
  readonly caused_by?: Cause;
}

const causesOf = (cause: Cause | undefined): string =>
  cause === undefined ? '' : `${cause.type} ${cause.reason} ${causesOf(cause.caused_by)}`;

/**
 * Writes documents, in requests of a size that Elasticsearch takes, and gives for each whether it was written: false
 * where `create` found one already, `index` a newer one, or `delete` none.
 *
 * @throws Refused which names the first document that will never be taken; Error where it is not known to be the document's fault. The
 * others may have been written: write all again.
 */
export async function bulk(elastic: Elastic, writes: readonly DocumentWrite[]): Promise<boolean[]> {
  const written: boolean[] = [];
  for (let at = 0; at < writes.length;) {
    const lines: string[] = [];
    let bytes = 0;
    const start = at;
    for (; at < writes.length && at - start < DOCUMENTS_MAX; at++) {
      const text = linesOf(writes[at] as DocumentWrite);
      const size = Buffer.byteLength(text);
      if (at > start && bytes + size > BYTES_MAX) break;
      lines.push(text);
      bytes += size;
    }
    written.push(...(await sendFitting(elastic, writes.slice(start, at), lines)));
  }
  return written;
}

/** Sends one request, or its halves where it is larger than Elasticsearch takes. */
async function sendFitting(
  elastic: Elastic,
  writes: readonly DocumentWrite[],
  lines: readonly string[],
): Promise<boolean[]> {
  try {
    return await send(elastic, writes, lines);
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    const [only] = writes;
    if (writes.length === 1 && only !== undefined) throw tooLarge(only, lines[0]!);
    const middle = Math.ceil(writes.length / 2);
    const first = await sendFitting(elastic, writes.slice(0, middle), lines.slice(0, middle));
    return [...first, ...(await sendFitting(elastic, writes.slice(middle), lines.slice(middle)))];
  }
}

const tooLarge = ({ id, index }: DocumentWrite, text: string): Refused =>
  new Refused(
    `Elasticsearch does not take document ${id} of ${index}, which has ${Buffer.byteLength(text)} bytes: raise its http.max_content_length, or the memory that it has for writing`,
  );

function linesOf(write: DocumentWrite): string {
  const { op, index, id } = write;
  const action = { _index: index, _id: id };
  if (write.op === 'delete') return `${JSON.stringify({ delete: action })}\n`;
  const versioned =
    write.version === undefined ? {} : { version: write.version, version_type: 'external_gte' };
  const behind =
    write.op === 'index' && write.after !== undefined
      ? { if_seq_no: write.after.seqNo, if_primary_term: write.after.primaryTerm }
      : {};
  return `${JSON.stringify({ [op]: { ...action, ...versioned, ...behind } })}\n${JSON.stringify(write.document)}\n`;
}

/** Sends one request, and again those documents that an overloaded or full node put off. */
const send = (
  elastic: Elastic,
  writes: readonly DocumentWrite[],
  lines: readonly string[],
): Promise<boolean[]> =>
  elastic.writes.during('writing documents', () => sendAndSendAgain(elastic, writes, lines));

async function sendAndSendAgain(
  elastic: Elastic,
  writes: readonly DocumentWrite[],
  lines: readonly string[],
): Promise<boolean[]> {
  const written = Array.from<boolean>({ length: writes.length });
  let open = writes.map((_, i) => i);
  for (let attempt = 1; open.length > 0; attempt++) {
    const { items } = await elastic.call('writing documents', () =>
      elastic.client.bulk({
        operations: open.map((i) => (lines[i] as string).trimEnd()),
        timeout: WRITE_WAIT,
      }),
    );
    const putOff: number[] = [];
    let last: Answer | undefined;
    for (const [n, item] of items.entries()) {
      const i = open[n] as number;
      const answer = (item.create ?? item.index ?? item.delete) as Answer;
      if (answer.status === 429 || answer.status === 503) {
        putOff.push(i);
        last = answer;
      } else written[i] = isWritten(elastic, writes[i] as DocumentWrite, answer);
    }
    if (last !== undefined && attempt === ATTEMPTS)
      throw explainedElastic(
        errorOf(last),
        `writing ${putOff.length} documents, which it put off ${ATTEMPTS} times,`,
        elastic.nodes,
      );
    if (putOff.length > 0) await setTimeout(pauseAfter(attempt, PAUSES));
    open = putOff;
  }
  return written;
}

function isWritten(elastic: Elastic, { op, index, id }: DocumentWrite, { status, error }: Answer): boolean {
  if (status < 300) return true;
  if (status === 409 || (op === 'delete' && status === 404)) return false;
  const { type = '' } = error ?? {};
  if (status === 400 && isAboutDocument(type, causesOf(error)))
    throw new Refused(`Elasticsearch refuses document ${id} of ${index}: ${type}`);
  throw explainedElastic(
    errorOf({ status, ...(error && { error }) }),
    `writing document ${id} of ${index}`,
    elastic.nodes,
  );
}

/** What is answered of one document, as the client would throw it of a request. */
const errorOf = ({ status, error }: Answer): Error =>
  Object.assign(new Error(`${error?.type ?? ''}: ${error?.reason ?? ''}`), {
    statusCode: status,
    meta: { body: { error } },
  });
