import { signingKey, verifierKeyText } from '@margay/ledger';
import { expect, test } from 'vitest';
import { askGoMeanwhile, whyNoGo } from '../libs/ledger/src/testing/go.ts';
import { LOG_KEY, REPORTS, servedLog } from './testing/served-log.ts';

const why = whyNoGo();

test.skipIf(why !== undefined)(
  `golang.org/x/mod reads the log from its tiles${why === undefined ? '' : `, not asked: ${why}`}`,
  async () => {
    const { log } = await servedLog();
    const read = await askGoMeanwhile({ ask: 'read log', key: verifierKeyText(LOG_KEY), url: log });
    expect(read).toMatchObject({ ok: true });
    expect(read.entries!.map((entry) => (JSON.parse(entry) as { run: string }).run)).toEqual(
      Array.from({ length: REPORTS }, (_, i) => `daily-${i}`),
    );
    const stranger = verifierKeyText(signingKey(LOG_KEY.name, new Uint8Array(32).fill(2)));
    expect(await askGoMeanwhile({ ask: 'read log', key: stranger, url: log })).toMatchObject({ ok: false });
  },
);
