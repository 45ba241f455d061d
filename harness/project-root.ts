import { join } from 'node:path';

/** Absolute path of the checkout. */
export const projectRoot = join(import.meta.dirname, '..');
