import { sourceName } from '@margay/coverage';
import { notTiedTo, toldByLogs, type ToldByLog } from '@margay/history/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OneCluster } from './one-cluster.ts';

test('everything is in doubt from the first event on of just those files that nothing ties to the one that tells first', () => {
  fc.assert(
    fc.property(toldByLogs, (told) => {
      const clusters = new OneCluster();
      for (const { file, change } of told)
        clusters.note(`/logs/${file.source}`, file, { changes: [change], policyEvents: [] });
      const firstAt = ({ file }: ToldByLog): number =>
        Math.min(...told.filter((one) => one.file === file).map(({ change }) => change.at));
      // Where several begin at once, it is any of them.
      const begin = Math.min(...told.map(firstAt));
      const firsts = told.filter((one) => firstAt(one) === begin);
      const found = clusters
        .marks()
        .map(({ problems }) => `${nameIn(problems[0]!.message)} ${problems[0]!.after}`)
        .sort();
      const expected = firsts.map(({ file }) =>
        notTiedTo(file.source, told).map(
          (source) =>
            `${sourceName(`/logs/${source}`)} ${firstAt(told.find((one) => one.file.source === source)!)}`,
        ),
      );
      expect(expected).toContainEqual(found);
    }),
    { numRuns: 500 },
  );
});

const nameIn = (message: string): string | undefined => /^Of which cluster (\S+) tells/.exec(message)?.[1];
