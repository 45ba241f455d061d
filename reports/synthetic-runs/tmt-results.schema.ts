// The results format of tmt as its specification describes it (spec/plans/results.fmf and tmt/schemas/results.yaml of
// github.com/teemtee/tmt, 1.37 and later; `note` as a list, by its pull request 3254). Written down from there
// and stricter: what tmt overwrites on import (guest, serial-number, context) is not allowed. It is not tmt's own file.
const outcome = { enum: ['pass', 'fail', 'info', 'warn', 'error', 'skip'] };

export const tmtResultsSchema = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'result'],
    properties: {
      name: { type: 'string', pattern: '^/.*$' },
      result: outcome,
      'original-result': outcome,
      note: { type: 'array', items: { type: 'string' } },
      // relative to $TMT_TEST_DATA
      log: { type: 'array', items: { type: 'string', pattern: '^[^/]' } },
      ids: { type: 'object', additionalProperties: { type: 'string' } },
      duration: { type: 'string', pattern: '^[0-9]{2,}:[0-5][0-9]:[0-5][0-9]$' },
    },
  },
};
