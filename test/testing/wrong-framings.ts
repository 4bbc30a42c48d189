import { reportsCompleted, reportsFailed } from '@margay/contracts';

const framed = (id: number, body: readonly number[]): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(id, 1);
  return Buffer.concat([header, Buffer.from(body)]);
};

const FAILED = {
  cluster: 'recorded',
  id: 'w',
  reportName: 'daily',
  reportType: 'inventory',
  start: 1,
  end: 2,
  reason: 'why',
  attempts: 6,
  failedAt: 3,
};
const COMPLETED = { ...FAILED, digest: 'd', summary: {}, generatedAt: 3 };

/** A message as another topic has them. */
const ofAnother = ({ name }: { readonly name: string }): Buffer =>
  Buffer.from(
    name === reportsFailed.name ? reportsCompleted.encode(COMPLETED) : reportsFailed.encode(FAILED),
  );

/**
 * Values that are no message of a topic, by what is wrong with how they name their schema: cut off, unknown fingerprints, ids that no
 * registry has, another topic's.
 */
export const wrongFramings = (topic: { readonly name: string }): readonly Buffer[] => [
  Buffer.alloc(0),
  Buffer.from([0]),
  Buffer.from([0, 0, 0, 1]),
  Buffer.from([0xc3]),
  Buffer.from([0xc3, 1, 1, 2, 3, 4, 5, 6, 7]),
  Buffer.from([0xc3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 2, 0x61]),
  ofAnother(topic),
  framed(0, [2, 0x61]),
  framed(0x7fff_ffff, [2, 0x61]),
  framed(0xffff_ffff, [2, 0x61]),
];

/** The same with ids that the registry has: that of another topic's schema, and the topic's own before what does not fit it. */
export const wrongIds = (own: number, another: number): readonly Buffer[] => [
  framed(another, [2, 0x61, 2, 0x61]),
  framed(own, []),
  framed(
    own,
    Array.from({ length: 40 }, () => 0xff),
  ),
];
