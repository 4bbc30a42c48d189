import type { Fields } from '@margay/ground';
import { datedBytes, isoOf, readProof, timeProblem } from '@margay/ledger';
import { checkTimestamp, TimestampProblem } from '@margay/timestamps';
import type { Judgement, Trusted } from './judgement.ts';
import type { BroughtEvidence, BroughtPlace } from './read-evidence.ts';

const FILE = 'log-checkpoint.tsr';

/** What was judged, with what a timestamp says of the log's head that the report's proof is of. A place alone has none. */
export async function withTimestamp(
  judgement: Judgement,
  brought: BroughtEvidence | BroughtPlace,
  { timestamps, now }: Trusted,
): Promise<Judgement> {
  if (judgement.wrong !== undefined) return judgement;
  const { log, answer, windowEnd } = timestampOf(brought);
  if (log === undefined || answer === undefined)
    return timestamps === undefined
      ? judgement
      : lacking(judgement, 'that the log was there at a time: no timestamp is with it');
  const data = datedBytes(readProof(log.proof).checkpoint);
  try {
    const { time, authority } = await checkTimestamp(answer, { data });
    const said = `the head of that log existed at ${isoOf(time.getTime())}, according to ${authority}`;
    const notThen = timeProblem(time.getTime(), { now, windowEnd });
    if (timestamps === undefined)
      return {
        ...judgement,
        notShown: [
          ...judgement.notShown,
          `that ${said}: ${notThen ?? '--timestamp-ca takes whom you trust for that'}`,
        ],
      };
    const problem = notThen ?? (await problemOf(checkTimestamp(answer, { data, trusted: timestamps })));
    return problem === undefined
      ? { ...judgement, shown: [...judgement.shown, said] }
      : lacking(judgement, `that ${said}: ${problem}`);
  } catch (error) {
    if (!(error instanceof TimestampProblem)) throw error;
    return { ...judgement, wrong: `${FILE}: ${error.message}` };
  }
}

/** The timestamp that was brought, and the end of the window of the report that it is said to be of. */
function timestampOf(brought: BroughtEvidence | BroughtPlace) {
  if ('kind' in brought) return {};
  const { log, zip, report } = brought;
  return { log, answer: zip?.timestamp, windowEnd: String((report as Fields)['endTime']) };
}

async function problemOf(checked: Promise<unknown>): Promise<string | undefined> {
  try {
    await checked;
    return undefined;
  } catch (error) {
    if (error instanceof TimestampProblem) return error.message;
    throw error;
  }
}

const lacking = (judgement: Judgement, what: string): Judgement => ({
  ...judgement,
  notShown: [...judgement.notShown, what],
  isAnswered: false,
});
