import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { visibleText } from '../../messages/plain-text.ts';
import type { ExecRecord } from '../../target-host/transport/executor.ts';

const maxEvidenceBytes = 256 * 1024;
const maxOutputChars = 4000;

/** What a check saw, in that order: commands with their answers, and notes. Bounded; secrets are struck out. */
export class Evidence {
  readonly #lines: string[] = [];
  #bytes = 0;

  readonly command = (entry: ExecRecord): void => {
    const { code, stdout, stderr, durationMs } = entry.result;
    const prompt = entry.commandLine.startsWith('# ') ? '' : '$ ';
    this.#add(`${prompt}${cut(entry.commandLine)}`);
    if (stdout) this.#add(cut(stdout.trimEnd()));
    if (stderr) this.#add(`stderr: ${cut(stderr.trimEnd())}`);
    this.#add(`exit code ${code}, ${Math.round(durationMs)} ms\n`);
  };

  readonly note = (text: string): void => {
    this.#add(`${cut(text)}\n`);
  };

  #add(text: string): void {
    if (this.#bytes > maxEvidenceBytes) return;
    // as it will be written, with the end of its line
    this.#bytes += Buffer.byteLength(visibleText(text)) + 1;
    this.#lines.push(this.#bytes > maxEvidenceBytes ? '[evidence cut here]' : text);
  }

  /** Writes `evidence/<id>.txt` in the run folder and returns that path, or undefined when there is nothing to show. */
  write(folder: string, id: string): string | undefined {
    if (this.#lines.length === 0) return undefined;
    mkdirSync(join(folder, 'evidence'), { recursive: true });
    const path = join('evidence', `${id}.txt`);
    writeFileSync(join(folder, path), `${visibleText(redact(this.#lines.join('\n')))}\n`);
    return path;
  }
}

function cut(text: string): string {
  const more = text.length - maxOutputChars;
  return more > 0 ? `${text.slice(0, maxOutputChars)}\n[${more} more characters]` : text;
}

/** Key material, and values of variables whose names say that they are secret. */
export function redact(text: string): string {
  // an end that was cut off does not make it less of a key
  const key = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;
  const secret =
    /((?:token|secret|passw(?:or)?d|api_?key|credential)\w{0,40}["']?\s*[=:]\s*)("[^"\n]*"|'[^'\n]*'|[^\s,;}]+)/gi;
  return text
    .replace(key, '[private key removed]')
    .replace(/(authorization["']?\s*[=:]\s*).*/gi, '$1[removed]')
    .replace(secret, '$1[removed]');
}
