import { Ajv, type AnySchema } from 'ajv';
import { XMLParser } from 'fast-xml-parser';
import { Parser, type Result } from 'tap-parser';
import { parse as parseYaml } from 'yaml';
import { kcidbIoSchema } from './kcidb-io.schema.ts';
import { sarifSchema } from './sarif.schema.ts';
import { tmtResultsSchema } from './tmt-results.schema.ts';

export type TmtEntry = {
  name: string;
  result: string;
  'original-result'?: string;
  note: string[];
  log?: string[];
  ids?: Record<string, string>;
  duration: string;
};

type KcidbTest = {
  id: string;
  path: string;
  status: string;
  comment: string;
  log_excerpt?: string;
  misc: { rdc: Record<string, string> };
};

export type Kcidb = {
  checkouts: { id: string }[];
  builds: { id: string; checkout_id: string; architecture?: string }[];
  tests: (KcidbTest & { build_id: string })[];
  issues: { id: string; report_url?: string; comment?: string }[];
  incidents: { issue_id: string; test_id: string; present: boolean }[];
};

type SarifResult = {
  ruleId: string;
  ruleIndex: number;
  level: string;
  message: { text: string };
  locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
  suppressions: { justification: string }[];
  properties: Record<string, string>;
};

export type Sarif = {
  runs: {
    tool: { driver: { rules: { id: string }[] } };
    automationDetails: { id: string };
    invocations: { executionSuccessful: boolean; toolExecutionNotifications: { message: { text: string } }[] }[];
    results: SarifResult[];
  }[];
};

const ajv = new Ajv({ allErrors: true, strict: true });

/** The value, once it is found to be valid; throws with every problem. */
function validated<T>(schema: AnySchema, value: unknown): T {
  if (ajv.validate(schema, value)) return value as T;
  throw new Error(ajv.errorsText());
}

export function readTmt(text: string): TmtEntry[] {
  return validated<TmtEntry[]>(tmtResultsSchema, parseYaml(text));
}

export function readKcidb(text: string): Kcidb {
  return validated<Kcidb>(kcidbIoSchema, JSON.parse(text));
}

export function readSarif(text: string): Sarif {
  return validated<Sarif>(sarifSchema, JSON.parse(text));
}

/** Lines of autopkgtest's summary; one that no reader would understand is an error. */
export function readAutopkgtest(text: string): { name: string; result: string; why: string }[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [, name, result, why] = /^([A-Za-z0-9.+-]+) +(PASS|FAIL|SKIP|FLAKY)(?: (.+))?$/.exec(line) ?? [];
      if (name === undefined || result === undefined) throw new Error(`no line of a summary: ${JSON.stringify(line)}`);
      return { name, result, why: why ?? '' };
    });
}

export function readTap(text: string): { points: Result[]; bailout: boolean | string; ok: boolean } {
  const points: Result[] = [];
  let final: { bailout: boolean | string; ok: boolean } | undefined;
  const parser = new Parser((results) => {
    final = results;
  });
  parser.on('assert', (point) => points.push(point));
  parser.end(text);
  if (!final) throw new Error('the TAP document has no end');
  return { points, bailout: final.bailout, ok: final.ok };
}

type JunitCase = { name: string; properties: { property: { name: string; value: string }[] } };

export function readJunit(text: string): JunitCase[] {
  const lists = ['testsuite', 'testcase', 'property'];
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    isArray: (name) => lists.includes(name),
  });
  const document = parser.parse(text) as { testsuites: { testsuite: { testcase: JunitCase[] }[] } };
  return document.testsuites.testsuite.flatMap(({ testcase }) => testcase);
}
