/** What `rdc bundle` and `rdc merge` ask of reports/, without what only a run needs: Allure alone takes a second to load. */
export { bundleCommand, verifyBundleCommand } from './bundle/command.ts';
export { mergeCommand } from './merge/command.ts';
