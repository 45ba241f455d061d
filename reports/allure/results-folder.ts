import { join } from 'node:path';

export type AllureTarget = { readonly name: string; readonly folder: string };

export function allureResultsOf(folder: string): string {
  return join(folder, 'allure-results');
}
