import { getGlobalTestRuntime } from 'allure-js-commons/sdk/runtime';
import { evidenceEntries } from '../../verdicts/evidence-entries.ts';
import { stepMessages } from '../../verdicts/evidence-steps.ts';

/** An entry of evidence as a step of the test that is running; without Allure's reporter there is nobody to tell. */
export function tellAllure(evidence: string): void {
  const runtime = getGlobalTestRuntime();
  if (!('sendMessageSync' in runtime) || typeof runtime.sendMessageSync !== 'function') return;
  for (const message of evidenceEntries(evidence).flatMap((entry) => stepMessages(entry)))
    runtime.sendMessageSync(message);
}
