import { defineConfig } from 'vitest/config';

/** Tests on a real API server: that of the kubeconfig in `MARGAY_TEST_KUBERNETES`, else one that is started for them. */
export default defineConfig({
  test: {
    include: ['test/kubernetes/**/*.kubernetes.test.ts'],
    globalSetup: ['test/kubernetes/global-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
