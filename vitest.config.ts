import { defineConfig } from 'vitest/config';

// The project's own unit tests. Runs against a target bring their own configuration (harness/runner/judge/run-vitest.ts).
export default defineConfig({
  test: {
    include: ['{cli,harness,suites,reports,vms,bench}/**/*.test.ts'],
    globalSetup: ['harness/test-doubles/temporary-folder.ts'],
    environment: 'node',
    // it imports JSON in a way that Node refuses
    server: { deps: { inline: ['@actions/workflow-parser'] } },
    retry: 0,
    allowOnly: false,
    expect: { requireAssertions: true },
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
