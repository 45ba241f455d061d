import { rmSync } from 'node:fs';

/** A file or folder that is on the way to its place, or read for a while: gone when disposed of, or when the process ends. */
export function scratch(path: string): Disposable {
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    [Symbol.dispose]() {
      process.off('exit', remove);
      remove();
    },
  };
}
