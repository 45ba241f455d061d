export const shells = ['bash', 'zsh', 'fish'] as const;

export type CompletedCommand = {
  readonly name: string;
  readonly about: string;
  readonly options: readonly { readonly name: string; readonly choices: readonly string[] }[];
};

/** A script for a shell, made of the table of commands: names, options, and the values of options that have a choice. */
export function completionScript(shell: (typeof shells)[number], commands: readonly CompletedCommand[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands);
}

function bashScript(commands: readonly CompletedCommand[]): string {
  return `_rdc() {
  local word=\${COMP_WORDS[COMP_CWORD]} last=\${COMP_WORDS[COMP_CWORD-1]} words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${commands.map(({ name }) => name).join(' ')}'
  else
    case "\${COMP_WORDS[1]} $last" in
${choiceCases(commands)}
    *)
      case \${COMP_WORDS[1]} in
${optionCases(commands)}
      esac ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _rdc rdc ./rdc
`;
}

function choiceCases(commands: readonly CompletedCommand[]): string {
  return commands
    .flatMap(({ name, options }) =>
      options
        .filter(({ choices }) => choices.length > 0)
        .map((option) => `    '${name} ${option.name}') words='${option.choices.join(' ')}' ;;`),
    )
    .join('\n');
}

function optionCases(commands: readonly CompletedCommand[]): string {
  return commands
    .map(({ name, options }) => `      ${name}) words='${options.map((option) => option.name).join(' ')}' ;;`)
    .join('\n');
}

/** zsh reads what bash does. */
function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef rdc\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`;
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, about, options }) => [
    `complete -c rdc -n __fish_use_subcommand -f -a ${name} -d '${about.replaceAll("'", "\\'")}'`,
    ...options.map(({ name: option, choices }) => {
      const values = choices.length > 0 ? ` -x -a '${choices.join(' ')}'` : '';
      return `complete -c rdc -n '__fish_seen_subcommand_from ${name}' -l ${option.replace(/^--/, '')}${values}`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}
