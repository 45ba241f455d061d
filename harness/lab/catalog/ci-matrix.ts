import { stringify } from 'yaml';
import { RdcError } from '../../messages/errors.ts';

type Engine = { readonly limit: number; readonly write: (names: readonly string[]) => string };

/** How many jobs a matrix may have: docs.github.com, "Usage limits"; docs.gitlab.com, "parallel:matrix". */
const engines: Readonly<Record<string, Engine>> = {
  github: { limit: 256, write: (names) => `${JSON.stringify({ machine: names })}\n` },
  gitlab: { limit: 200, write: gitlabFragment },
};

const matrixFormats: readonly string[] = Object.keys(engines);

/**
 * The machines as the matrix of a CI engine, one machine a job: for `github` one line of JSON for `fromJSON`, for
 * `gitlab` a file to include, whose hidden job `.rdc-machines` sets `MACHINE`. Throws USAGE for another engine, CONFIG
 * where the engine takes fewer jobs than there are machines.
 */
export function ciMatrix(format: string, names: readonly string[]): string {
  const engine = Object.hasOwn(engines, format) ? engines[format] : undefined;
  if (!engine) {
    throw new RdcError('USAGE', `--format is ${JSON.stringify(format)}; allowed: ${matrixFormats.join(', ')}`, {
      hint: './rdc list --machines --format github',
    });
  }
  if (names.length <= engine.limit) return engine.write(names);
  throw new RdcError('CONFIG', `${names.length} machines: a matrix of ${format} has at most ${engine.limit} jobs`, {
    hint: 'RDC_MACHINES=FILE ./rdc list --machines ...   # a list of machines of your own',
  });
}

function gitlabFragment(names: readonly string[]): string {
  const origin = '# Written by: ./rdc list --machines --format gitlab\n';
  return origin + stringify({ '.rdc-machines': { parallel: { matrix: [{ MACHINE: names }] } } });
}
