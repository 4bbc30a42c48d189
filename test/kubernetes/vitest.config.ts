import { defineConfig } from 'vitest/config';
import { COMPILE, eachOnServersOfItsOwn, fromSource, longFirst, PATIENT } from '../../vitest.source.ts';

/** Tests on a real API server: that of the kubeconfig in `MARGAY_TEST_KUBERNETES`, else one that is started for them. */
export default defineConfig({
  ...fromSource,
  test: {
    include: ['test/kubernetes/**/*.kubernetes.test.ts'],
    globalSetup: [COMPILE, new URL('global-setup.ts', import.meta.url).pathname],
    ...PATIENT,
    ...eachOnServersOfItsOwn(3, 'MARGAY_TEST_KUBERNETES'),
    sequence: longFirst(
      '/canary.kubernetes.test.ts',
      '/definitions-of-releases.kubernetes.test.ts',
      '/chart-releases.kubernetes.test.ts',
    ),
  },
});
