import { recordedLines } from './reading.ts';

const UID = 'c0000000-0000-4000-8000-000000000000';
const NAME = 'the-name-of-a-pod';

/** What was recorded of one pod from its creation until it ran, with its name and uid put in place of others. */
export function recordedLife(): string[] {
  const lines = recordedLines('cluster-a/audit.jsonl.gz');
  const isStored = (line: string) => /"code":20\d/.test(line) && !line.includes('dryRun');
  for (const line of lines) {
    const { verb, objectRef, responseObject } = JSON.parse(line) as {
      verb: string;
      objectRef?: { resource: string; name?: string; subresource?: string };
      responseObject?: { metadata?: { name?: string; uid?: string } };
    };
    const { name, uid } = responseObject?.metadata ?? {};
    if (verb !== 'create' || objectRef?.resource !== 'pods' || objectRef.subresource !== undefined) continue;
    if (name === undefined || uid === undefined || !isStored(line)) continue;
    const life = lines.filter(
      (other) => isStored(other) && other.includes(`"uid":"${uid}"`) && isAboutPod(other, name),
    );
    if (life.length >= 3 && !life.some((other) => other.includes('deletionTimestamp'))) {
      return life.map((other) => other.replaceAll(uid, UID).replaceAll(name, NAME));
    }
  }
  throw new Error('No pod of the recording lives on: record one, or choose another recording.');
}

function isAboutPod(line: string, name: string): boolean {
  const { objectRef, responseObject } = JSON.parse(line) as {
    objectRef?: { resource: string };
    responseObject?: { kind?: string; metadata?: { name?: string } };
  };
  return objectRef?.resource === 'pods' && responseObject?.metadata?.name === name;
}

/** The line, about another pod. */
export const renamed = (line: string, i: number): string =>
  line.replaceAll(UID, `${i.toString(16).padStart(8, '0')}${UID.slice(8)}`).replaceAll(NAME, `pod-${i}`);
