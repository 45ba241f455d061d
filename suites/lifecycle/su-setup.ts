import { type HostFacts, quoteWord, type Target } from '../../harness/checks/index.ts';

/** Runs the setup tool in an empty HOME, and stops it before it makes a context. */
export async function setupThroughSu(target: Target, host: HostFacts) {
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

export function parseSuSetup(text: string) {
  return {
    /** through which of `su` and `su -` systemctl --user works */
    managerThrough: [...text.matchAll(/^manager (.+)$/gm)].map(([, su = '']) => su),
    /** by the tool through `su -`; not run if there is a manager, since it would set up Docker */
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the tool writes in colours, terminal or not
    said: text.replaceAll(/\u001b\[[0-9;]*m/g, '').trim(),
    madeRunDirectory: /^made ~\/\.docker\/run$/m.test(text),
  };
}
