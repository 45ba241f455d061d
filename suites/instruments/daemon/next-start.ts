import { type ExecResult, known, type Target } from '../../../harness/checks/index.ts';

// In the order in which systemd takes them: of files with one name the first on the path counts, then by name.
const copyUnit = `
u=rdc-$$-$(date +%N); d=$XDG_RUNTIME_DIR/systemd/user; o=$XDG_RUNTIME_DIR/$u.out; : > "$o"
[ -d "$d" ] || made=$d; mkdir -p "$d"
trap 'rm -f "$d/$u.service" "$o"; [ -z "$made" ] || rmdir "$made" 2>/dev/null' EXIT
path=$(systemctl --user show -p UnitPath --value)
{
  for f in $path; do [ ! -s "$f/docker.service" ] || { cat "$f/docker.service"; break; }; done
  for f in $path; do ls -d "$f"/docker.service.d/*.conf 2>/dev/null; done |
    awk -F/ '!seen[$NF]++ {print $NF "/" $0}' | sort | while IFS= read -r f; do echo; cat "/\${f#*//}"; done
  echo; cat <<'EOF'
[Unit]
OnFailure=
RefuseManualStart=no
[Service]
Type=oneshot
Restart=no
WatchdogSec=0
TimeoutStartSec=90
StandardError=journal
RuntimeDirectoryPreserve=yes
ExecStartPre=
ExecStartPost=
ExecStop=
ExecStopPost=
ExecReload=
ExecStart=
EOF`;

/**
 * Runs a script where the daemon's next start will: in the user manager, with what docker.service and its drop-ins say on
 * disk now, read or not. The daemon, and what its own lines start, stays out of it; so does the unit itself, which is a
 * copy under another name. Without systemd it is a session's. `code` is that of the start.
 */
export async function asNextStart(target: Target, script: string): Promise<Pick<ExecResult, 'code' | 'stdout'>> {
  if (target.facts.host.init !== 'systemd') return await target.shell(script, { timeoutMs: 120_000 });
  // on stdin or from a file it might not be readable there
  const words = Buffer.from(script).toString('base64');
  const { stdout } = await target.shell(
    `${copyUnit}
  printf 'ExecStart=/bin/sh -c %s\\nStandardOutput=file:%s\\n' "'eval \\"\\$\\$(echo ${words} | base64 -d)\\"'" "$o"
} > "$d/$u.service"
systemctl --user start "$u.service"; c=$?
[ $c = 0 ] || systemctl --user reset-failed "$u.service"
cat "$o"; echo; echo "@started $c"`,
    { timeoutMs: 120_000 },
  );
  const [, said = '', code] = known(
    /^([\s\S]*)\n@started (\d+)\n$/.exec(stdout),
    'the start of a copy of docker.service',
  );
  return { code: Number(code), stdout: said };
}
