import { type HostFacts, quoteWord, type Target } from '../../harness/checks/index.ts';

export type SuSetup = {
  /** by which of `su` and `su -` does `systemctl --user` reach the user's manager? */
  readonly managerThrough: readonly string[];
  /** what the setup tool said through `su -`, without its colours; not asked where there is a manager: it would set up there */
  readonly said: string;
  /** did it make ~/.docker/run? */
  readonly madeRunDirectory: boolean;
};

/**
 * What somebody gets who became the user with `su` or `su -` in root's session. The setup tool's HOME is an empty one
 * for the time: what it writes is gone afterwards. It is left when it has said how to start the daemon: what follows
 * are seconds of a Docker client that makes a context.
 */
export async function setupThroughSu(target: Target, host: HostFacts): Promise<SuSetup> {
  const { name, uid, gid } = host.user;
  const manager = (su: string) => `systemctl --user show-environment >/dev/null 2>&1 && echo 'manager ${su}'`;
  const tool = `
${manager('su -')} && exit
export HOME="$rdc" PATH="$PATH":${quoteWord(host.searchPath)}:/usr/share/docker.io/contrib
dockerd-rootless-setuptool.sh install 2>&1 | sed '/started manually/q'
[ -d "$HOME/.docker/run" ] && echo "made ~/.docker/run"`;
  const { stdout } = await target.root.shell(
    `su ${quoteWord(name)} -c ${quoteWord(manager('su'))}
rdc=$(mktemp -d /tmp/rdc-home.XXXXXX) && chown ${uid}:${gid} "$rdc"
su - ${quoteWord(name)} -c "rdc=$rdc"${quoteWord(tool)}
rm -rf "$rdc"`,
    { timeoutMs: 120_000 },
  );
  return parseSuSetup(stdout);
}

/** Pure. */
export function parseSuSetup(text: string): SuSetup {
  return {
    managerThrough: [...text.matchAll(/^manager (.+)$/gm)].map(([, su = '']) => su),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the tool writes in colours, terminal or not
    said: text.replaceAll(/\u001b\[[0-9;]*m/g, '').trim(),
    madeRunDirectory: /^made ~\/\.docker\/run$/m.test(text),
  };
}
