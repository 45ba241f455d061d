import { Eta } from 'eta';
import { plainLine, plainText } from '../../harness/messages/plain-text.ts';
import { countVerdicts, everyCheck, ruleConformance } from '../results/conformance.ts';
import { present } from '../results/present.ts';
import { kernelOf, providerOf } from '../results/provider.ts';
import type { JudgedCheck, Results } from '../results/results.schema.ts';
import { byUrgency, isRed, verdictSentence } from '../wording/verdict-sentence.ts';
import { countsText, pageAddress, providerAndKernel, reasonOf } from '../wording/verdict-words.ts';

const eta = new Eta({ views: import.meta.dirname });
const { escapeFunction } = eta.config;
eta.configure({ escapeFunction: (value) => escapeFunction(plainText(String(value), 10_000)) });

/** What stands above Allure's own page: the verdict on each target, what fails, why, and what to do. */
export function pageHead(all: readonly Results[], hasHistory: boolean): string {
  const shown = all.length > 3 ? 1 : 5;
  const targets = all.map((results) => {
    const red = everyCheck(results).filter(isRed).toSorted(byUrgency);
    const { conformance } = ruleConformance(results, results.run.gate);
    const more = red.length > shown ? `and ${red.length - shown} more, below` : '';
    const sentence = verdictSentence(results);
    // all verdicts come first, so each check names its target
    const where = all.length > 1 ? `${plainLine(results.target.name)}: ` : '';
    return { conformance, sentence, about: aboutOf(results), where, red: red.slice(0, shown).map(redCheck), more };
  });
  return eta.render('./page-head', {
    targets,
    hasHistory,
    hasErrors: targets.some(({ conformance }) => conformance === 'inconclusive'),
  });
}

function aboutOf(results: Results): string {
  const { os } = results.facts.host as { os?: { prettyName?: unknown } };
  const machine = providerAndKernel(present({ provider: providerOf(results), ...kernelOf(results) }));
  const counts = countsText(countVerdicts(results.checks), results.notJudged?.length ?? 0);
  const day = results.run.startedAt.slice(0, 16).replace('T', ' ');
  return [counts, os?.prettyName, machine, `${day} UTC`]
    .filter((part) => typeof part === 'string' && part !== '')
    .join(' · ');
}

function redCheck(check: JudgedCheck) {
  const { id, level, title, remedy = '', source } = check;
  const href = source && pageAddress(source.url);
  return {
    id,
    level,
    title: plainLine(title),
    why: plainLine(reasonOf(check), 400),
    remedy: plainText(remedy, 1_500),
    source: href ? { href, section: plainLine(source.section) || href } : undefined,
  };
}
