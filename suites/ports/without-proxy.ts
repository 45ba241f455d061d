import { mustRun, type RestartableTarget, type VerifyContext } from '../../harness/checks/index.ts';
import { daemonJson } from '../instruments/daemon/daemon-faults.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';

/**
 * The user's daemon without its userland proxy, until the check ends. From 28.0 on it then ends at its start unless
 * br_netfilter is loaded (moby/moby#52294; seen on Debian testing with 28.5.2), which only root can do.
 */
export async function switchProxyOff(
  context: Pick<VerifyContext<RestartableTarget>, 'target' | 'host' | 'defer'>,
): Promise<void> {
  const { defer } = context;
  const unload = isEngineSince(context.host, '28.0') ? await loadBridgeNetfilter(context) : undefined;
  try {
    defer(await daemonJson({ 'userland-proxy': false })(context));
  } finally {
    // deferred last, done first: the daemon's next start finds the kernel as it was
    if (unload) defer(unload);
  }
}

// built into the kernel it has no folder below /sys/module
const isLoaded = '[ -e /sys/module/br_netfilter ] || [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]';

/**
 * Undone by rmmod: `modprobe -r` takes `bridge` along where nothing else holds it, which bridges do not, and with it every
 * bridge of every network namespace.
 */
async function loadBridgeNetfilter({
  target,
  host,
}: Pick<VerifyContext, 'target' | 'host'>): Promise<(() => Promise<unknown>) | undefined> {
  // what goes over bridges of the host would meet its firewall from now on, and may be dropped there (virbr0, lxcbr0);
  // a daemon of before 29.5 has its bridges and this setting in a network namespace of its own
  const spareHost = isEngineSince(host, '29.5')
    ? ''
    : ' for f in /proc/sys/net/bridge/bridge-nf-call-*; do echo 0 > $f; done;';
  const said = await mustRun(target.root, `${isLoaded} || { modprobe br_netfilter; echo loaded;${spareHost} }`);
  return said === '' ? undefined : () => mustRun(target.root, 'rmmod br_netfilter');
}
