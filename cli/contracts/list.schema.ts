import { checkId, closed, text } from '../../reports/results/schema-parts.ts';

export const levels = { enum: ['MUST', 'SHOULD', 'MAY', 'LIMITATION', 'WORKAROUND'] } as const;

const declaredCheck = {
  id: checkId,
  area: text(64),
  level: { ...levels, description: 'see [concepts](../concepts.md#level)' },
  title: { ...text(600), description: 'the claim' },
  source: { ...closed({ url: text(2_000), section: text(500) }), description: 'who promised it' },
  remedy: { ...text(5_000), description: 'what to do about a failure' },
  needs: { type: 'array', items: checkId, description: 'checks that block this one when they fail' },
  sabotage: { ...text(500), description: 'the fault of the check, by its name' },
  disruptive: { type: 'boolean', description: 'restarts the daemon or the machine' },
} as const;

/** How a check is judged beside others. */
const kind = {
  enum: ['read-only', 'concurrent', 'alone', 'restarts-daemon'],
  description: '`read-only`: also by `rdc doctor TARGET`; `concurrent`: while others are; `alone`: one at a time',
} as const;

export const listSchema = { type: 'array', items: closed({ ...declaredCheck, kind }) } as const;

export const explainSchema = closed(
  {
    ...declaredCheck,
    conditional: { type: 'boolean', description: 'the claim is not made on every host' },
    sideBySide: { type: 'boolean', description: 'judged while others are' },
    readOnly: { type: 'boolean', description: 'also judged by `rdc doctor TARGET`' },
    turnsRedWith: { type: 'array', items: text(500), description: 'labels of which one fails under the fault' },
    reproduce: { ...text(5_000), description: 'what a person types to see the failure' },
    views: closed({
      rootful: { type: 'boolean', description: '`--oracle` asks a rootful daemon' },
      bare: { type: 'boolean', description: '`--oracle` asks the kernel without Docker' },
    }),
  },
  ['reproduce'],
);
