import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyone } from '@margay/api';
import { cosignNote, printedText, signingKey, verifierKeyText } from '@margay/ledger';
import { hasOpenssl, openAuthorities } from '@margay/timestamps/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiHere } from './testing/api-application.ts';
import { AUDIT_LOG, margay } from './testing/margay.ts';
import { dailyLogged, LOG_KEY, recordedStores, SPAN } from './testing/recorded-stores.ts';

const WITNESS = signingKey('witness.example/w', new Uint8Array(32).fill(2), 'witness');
/** The witness under another name: it signs no name. */
const RENAMED = signingKey('witness.example/renamed', new Uint8Array(32).fill(2), 'witness');
const ABSENT = signingKey('witness.example/absent', new Uint8Array(32).fill(3), 'witness');
const folder = mkdtempSync(join(tmpdir(), 'margay-forms-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1_000);
const cosignedAt = (checkpoint: string, time: number): string => cosignNote(checkpoint, WITNESS, time);

/** What is brought. */
const FORMS = [
  'report.json',
  'evidence.zip',
  'report.pdf',
  'checkpoint.txt',
  'printed.txt',
  'a whole archive',
] as const;
type Form = (typeof FORMS)[number];
interface Said {
  readonly code: number;
  readonly words: RegExp;
}
/** The same of each. */
const ofEach = (said: Said) => Object.fromEntries(FORMS.map((form) => [form, said])) as Record<Form, Said>;

let checkpoint = '';

/** A log of two reports, whose head a witness and an authority signed; everything that is handed out of the first one. */
beforeAll(async () => {
  const stores = await recordedStores(AUDIT_LOG, path('archive'));
  const http = await apiHere({ stores, access: anyone });
  for (const [i, id] of ['daily-1', 'daily-2'].entries()) await dailyLogged(stores, id, i + 1);
  const head = (await stores.ledger.head())!;
  ({ checkpoint } = head);
  const line = cosignedAt(checkpoint, seconds(Date.now())).slice(checkpoint.length);
  const by = verifierKeyText(WITNESS);
  await stores.ledger.confirm({ size: 2, checkpoint, by, kind: 'cosignature', text: line });
  if (hasOpenssl) {
    const made = openAuthorities();
    made.authority('tsa');
    const data = Buffer.from(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1));
    const text = Buffer.from(made.answer('tsa', made.request(data))).toString('base64');
    await stores.ledger.confirm({ size: 2, checkpoint, by: 'tsa', kind: 'timestamp', text });
    writeFileSync(path('roots.pem'), made.pem('root'));
    writeFileSync(path('other-roots.pem'), made.pem('other-root'));
    made.close();
  }
  for (const name of ['report.json', 'evidence.zip', 'report.pdf']) {
    const { rawPayload } = await http.inject(`/api/v1/runs/daily-1/downloads/${name}`);
    writeFileSync(path(name), rawPayload);
  }
  writeFileSync(path('checkpoint.txt'), (await http.inject('/api/v1/log/checkpoint')).body);
  const { digest } = (await stores.archive.header('daily-1'))!;
  writeFileSync(path('printed.txt'), printedText({ run: 'daily-1', digest, index: 0, checkpoint }));
  writeFileSync(path('kept.txt'), checkpoint);
  writeFileSync(path('none.txt'), '');
  await http.close();
}, 300_000);

const verified = (form: Form, options: readonly string[]) =>
  margay(['verify', form === 'a whole archive' ? `--archive=${path('archive')}` : path(form), ...options]);
const key = verifierKeyText(LOG_KEY);
const stranger = verifierKeyText(signingKey(LOG_KEY.name, new Uint8Array(32).fill(9)));
const KEY = ['--key', key];

/**
 * What `margay verify` makes of each option with each thing that may be brought: what is asked for is shown (its exit code is 0), is named as
 * not shown or wrong (1), or the option is refused with words (2). None is taken and not looked at.
 */
const shown = { code: 0, words: /^\S+: (intact: the report that|signed: a checkpoint of) \S+[^;\n]*\n/ };
const notShown = (words: RegExp) => ({ code: 1, words });
const archived = { code: 0, words: /^intact: the archive that \S+ logged and signed\n/ };
const refused = (words: RegExp) => ({ code: 2, words });
/** Of these nothing shows the pages, so that the code is 1 whatever is shown. */
const shownOfPages = (words: RegExp) => ({ code: 1, words });

const NO_LOG = /not shown: that it was logged/;
const OPTIONS: readonly (readonly [
  name: string,
  options: () => readonly string[],
  forms: Readonly<Record<Form, Said>>,
])[] = [
  [
    '--key of the log',
    () => KEY,
    {
      'report.json': notShown(/no key that was given signed it/),
      'evidence.zip': shown,
      'report.pdf': shownOfPages(/shown: that log is signed by the key/),
      'checkpoint.txt': shown,
      'printed.txt': shownOfPages(/shown: that log is signed by the key/),
      'a whole archive': archived,
    },
  ],
  ['--key of a stranger', () => ['--key', stranger], ofEach(notShown(/no key that was given/))],
  [
    '--since of the same log',
    () => [...KEY, '--since', path('kept.txt')],
    {
      'report.json': notShown(/not shown: that it stands in the log of the checkpoint/),
      'evidence.zip': shown,
      'report.pdf': shownOfPages(/shown: that log is the one of the checkpoint that was kept/),
      'checkpoint.txt': shown,
      'printed.txt': shownOfPages(/shown: that log is the one of the checkpoint that was kept/),
      'a whole archive': archived,
    },
  ],
  [
    '--growth that shows nothing',
    () => [...KEY, '--since', path('kept.txt'), '--growth', path('none.txt')],
    {
      'report.json': refused(/--growth is not used with report\.json alone: it has no place in a log/),
      'evidence.zip': shown,
      'report.pdf': shownOfPages(/shown: that log is the one of the checkpoint that was kept/),
      'checkpoint.txt': shown,
      'printed.txt': shownOfPages(/shown: that log is the one of the checkpoint that was kept/),
      'a whole archive': refused(/--growth is not used with a whole archive: the whole log is read/),
    },
  ],
  [
    '--witness that saw it',
    () => [...KEY, '--witness', verifierKeyText(WITNESS)],
    {
      'report.json': notShown(/that 1 witnesses saw it: 0 of the 1/),
      'evidence.zip': shown,
      'report.pdf': shownOfPages(/witnesses/),
      'checkpoint.txt': shown,
      'printed.txt': notShown(/that 1 witnesses saw it: 0 of the 1/),
      'a whole archive': archived,
    },
  ],
  [
    '--witness that did not see it',
    () => [...KEY, '--witness', verifierKeyText(ABSENT)],
    ofEach(notShown(/that 1 witnesses saw it: 0 of the 1/)),
  ],
  [
    '--witnesses, of which one is enough',
    () => [
      ...KEY,
      '--witness',
      verifierKeyText(ABSENT),
      '--witness',
      verifierKeyText(WITNESS),
      '--witnesses',
      '1',
    ],
    {
      'report.json': notShown(/that 1 witnesses saw it: 0 of the 2/),
      'evidence.zip': shown,
      'report.pdf': shownOfPages(/1 of the 2 witnesses/),
      'checkpoint.txt': shown,
      'printed.txt': notShown(/that 1 witnesses saw it: 0 of the 2/),
      'a whole archive': archived,
    },
  ],
  [
    '--witness twice, with one key under two names',
    () => [...KEY, '--witness', verifierKeyText(WITNESS), '--witness', verifierKeyText(RENAMED)],
    {
      'report.json': notShown(/that 1 witnesses saw it: 0 of the 1/),
      'evidence.zip': shown,
      'report.pdf': shownOfPages(/1 of the 1 witnesses/),
      'checkpoint.txt': shown,
      'printed.txt': notShown(/that 1 witnesses saw it: 0 of the 1/),
      'a whole archive': archived,
    },
  ],
  [
    '--witnesses, of which two are asked for and one key is given under two names',
    () => [
      ...KEY,
      '--witness',
      verifierKeyText(WITNESS),
      '--witness',
      verifierKeyText(RENAMED),
      '--witnesses',
      '2',
    ],
    ofEach(
      refused(
        /--witnesses must be from 1 to 1, as so many keys were given; one key under several names is one/,
      ),
    ),
  ],
  [
    '--witnesses without any',
    () => [...KEY, '--witnesses', '3'],
    ofEach(refused(/--witnesses needs --witness/)),
  ],
  ...(hasOpenssl
    ? ([
        [
          '--timestamp-ca of its authority',
          () => [...KEY, '--timestamp-ca', path('roots.pem')],
          {
            'report.json': notShown(/no timestamp is with it/),
            'evidence.zip': shown,
            'report.pdf': notShown(/no timestamp is with it/),
            'checkpoint.txt': notShown(/no timestamp is with it/),
            'printed.txt': notShown(/no timestamp is with it/),
            'a whole archive': archived,
          },
        ],
        [
          '--timestamp-ca of another one',
          () => [...KEY, '--timestamp-ca', path('other-roots.pem')],
          {
            'report.json': notShown(/no timestamp is with it/),
            'evidence.zip': notShown(/did not lead to one that is trusted/),
            'report.pdf': notShown(/no timestamp is with it/),
            'checkpoint.txt': notShown(/no timestamp is with it/),
            'printed.txt': notShown(/no timestamp is with it/),
            'a whole archive': notShown(/did not lead to one that is trusted/),
          },
        ],
      ] as const)
    : []),
];

describe('each option with each thing that is brought is used, or refused', () => {
  test.each(
    OPTIONS.flatMap(([name, options, forms]) =>
      Object.entries(forms).map(([form, said]) => [name, form as Form, options, said] as const),
    ),
  )('%s: %s', (_, form, options, { code, words }) => {
    const ran = verified(form, options());
    expect(ran.out + ran.err).toMatch(words);
    expect(ran.code).toBe(code);
    if (form === 'report.json' && code === 1) expect(ran.out).toMatch(NO_LOG);
  });
});

describe('what others say that the time was', () => {
  const day = 86_400;
  const now = seconds(Date.now());
  const windowEnd = Math.floor(SPAN.end / 1e6);
  test.each<[what: string, time: number, ofZip: RegExp | undefined, ofHead: RegExp | undefined]>([
    ['now', now, undefined, undefined],
    ['five minutes from now', now + 300, undefined, undefined],
    ['when the window had ended', windowEnd + 1, undefined, undefined],
    ['a day before that', windowEnd - day, /the window of the report in it ended at 20/, undefined],
    ['tomorrow', now + day, /and here it is 20/, /and here it is 20/],
    ['in ten years', now + 3_650 * day, /and here it is 20/, /and here it is 20/],
    ['1970', 0, /no log of reports is as old as that/, /no log of reports is as old as that/],
    ['the last second that can be written', 253_402_300_799, /9999-.* and here it is 20/, /9999-.* and here/],
    // What was kept beside it says nothing against a report.
    [
      'no time at all',
      2 ** 53,
      /not shown: .*of that checkpoint, .*which is no time/,
      /NOT INTACT: .*which is no time/,
    ],
  ])('%s: it counts where it can be', (_, time, ofZip, ofHead) => {
    writeFileSync(path('cosigned.txt'), cosignedAt(checkpoint, time));
    const witness = ['--witness', verifierKeyText(WITNESS)];
    const head = margay(['verify', path('cosigned.txt'), ...KEY, ...witness]);
    expect([head.code, head.err]).toEqual([ofHead === undefined ? 0 : 1, '']);
    if (ofHead !== undefined) expect(head.out).toMatch(ofHead);
    // The witness of the checkpoint that was kept saw the report in it.
    const absent = ['--witness', verifierKeyText(ABSENT)];
    writeFileSync(path('cosigned.txt'), cosignNote(checkpoint, ABSENT, time));
    const zip = margay(['verify', path('evidence.zip'), ...KEY, '--since', path('cosigned.txt'), ...absent]);
    expect([zip.code, zip.err]).toEqual([ofZip === undefined ? 0 : 1, '']);
    if (ofZip !== undefined) expect(zip.out).toMatch(ofZip);
  });
});
