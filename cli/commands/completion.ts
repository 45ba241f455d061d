import { exitCodes } from '../../harness/messages/errors.ts';
import { declare, defineCommand, type RdcCommand } from '../options/command-line.ts';
import { completionScript, shells } from '../options/completion.ts';
import { usageError } from '../options/values.ts';

const declared = declare('completion', 'Prints a script that completes commands and options in a shell.', {
  examples: ['completion bash >~/.local/share/bash-completion/completions/rdc'],
  notes: [
    'zsh: a file _rdc in a folder of $fpath. fish: ~/.config/fish/completions/rdc.fish. It completes rdc and ./rdc.',
  ],
}).argument('<shell>', `${shells.join(', ')}`);

type Commands = ReadonlyMap<
  string,
  { readonly load: () => Promise<{ readonly command: RdcCommand }>; readonly about: string }
>;

/** Of a table of commands, in which this one stands too. */
export function completionOf(commands: Commands): RdcCommand {
  return defineCommand(declared, async ([name]) => {
    const shell = shells.find((one) => one === name);
    if (shell === undefined)
      throw usageError(`unknown shell ${JSON.stringify(name)}; allowed: ${shells.join(', ')}`, './rdc completion bash');
    const table = await Promise.all(
      [...commands].map(async ([word, { load, about }]) => {
        const { options } = (await load()).command.declared;
        const long = options.flatMap((option) =>
          option.long ? [{ name: option.long, choices: option.argChoices ?? [] }] : [],
        );
        return { name: word, about, options: [...long, { name: '--help', choices: [] }] };
      }),
    );
    process.stdout.write(completionScript(shell, table));
    return exitCodes.ok;
  });
}
