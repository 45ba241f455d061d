import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * The tests on machines: a file for the VM and one for the container, side by side, since either waits a lot; the tests of
 * a file one after the other. `rdc test` runs them after the unit tests.
 */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['bench/e2e/*.e2e.ts'],
    maxWorkers: 2,
    retry: 0,
    // a machine that did not come up fails everything after it: one message is enough
    bail: 3,
    expect: { requireAssertions: true },
    reporters: ['verbose'],
  },
});
