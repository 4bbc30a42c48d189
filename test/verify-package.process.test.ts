import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signingKey, signingKeyText } from '@margay/ledger';
import { expect, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder } from './testing/margay.ts';
import { installedVerifier } from './testing/verifier.ts';

test('the verifier installed alone says what margay verify says, with its exit codes', () => {
  const folder = ownFolder();
  const verify = installedVerifier();
  margay(['report', '--type', 'inventory', '--audit-log', AUDIT_LOG, '--out', folder]);
  const honest = join(folder, 'report.json');
  const forged = join(folder, 'forged.json');
  writeFileSync(
    forged,
    readFileSync(honest, 'utf8').replace('"ingressProtected":false', '"ingressProtected":true'),
  );
  const twofold = join(folder, 'twofold.json');
  writeFileSync(twofold, readFileSync(honest, 'utf8').replace('"cluster":', '"cluster": "other",\n$&'));
  for (const [args, code, words] of [
    [[honest], 0, 'unsigned: consistent with itself, origin not shown'],
    [[forged], 1, 'NOT INTACT: '],
    [[twofold, honest], 1, 'twofold.json: NOT INTACT: report.json: it has "cluster" twice in one object'],
    [[join(folder, 'none.json')], 1, 'Cannot read '],
    [[], 2, "missing required argument 'file'"],
    [['--growth', honest, honest], 2, '--growth needs --since'],
  ] as const) {
    const alone = verify(args);
    expect(alone.out + alone.err).toContain(words);
    expect({ code: alone.code, out: alone.out }).toEqual({ code, out: margay(['verify', ...args]).out });
  }
  const secret = signingKeyText(signingKey('margay.example/log', new Uint8Array(32).fill(7)));
  const mistaken = verify([honest, '--key', secret]);
  expect(mistaken).toMatchObject({ code: 2 });
  expect(mistaken.out + mistaken.err).not.toContain(secret.slice(-20));
});
