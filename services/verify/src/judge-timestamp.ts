import { readNote, readProof } from '@margay/ledger';
import { checkTimestamp, TimestampProblem } from '@margay/timestamps';
import type { Judgement, Trusted } from './judgement.ts';
import type { BroughtEvidence } from './read-evidence.ts';

const FILE = 'log-checkpoint.tsr';

/** What was judged of a report, with what a timestamp says of the log's head that its proof is of. */
export async function withTimestamp(
  judgement: Judgement,
  { log, zip }: BroughtEvidence,
  { timestamps }: Trusted,
): Promise<Judgement> {
  if (judgement.wrong !== undefined) return judgement;
  const answer = log && zip?.timestamp;
  if (answer === undefined)
    return timestamps === undefined
      ? judgement
      : lacking(judgement, 'that the log was there at a time: no timestamp is with it');
  const data = new Uint8Array(Buffer.from(readNote(Buffer.from(readProof(log!.proof).checkpoint)).text));
  try {
    const { time, authority } = await checkTimestamp(answer, { data });
    const said = `the head of that log existed at ${time.toISOString()}, according to ${authority}`;
    if (timestamps === undefined)
      return {
        ...judgement,
        notShown: [...judgement.notShown, `that ${said}: --timestamp-ca takes whom you trust for that`],
      };
    const problem = await problemOf(checkTimestamp(answer, { data, trusted: timestamps }));
    return problem === undefined
      ? { ...judgement, shown: [...judgement.shown, said] }
      : lacking(judgement, `that ${said}: ${problem}`);
  } catch (error) {
    if (!(error instanceof TimestampProblem)) throw error;
    return { ...judgement, wrong: `${FILE}: ${error.message}` };
  }
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
