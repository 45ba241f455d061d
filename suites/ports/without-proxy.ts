import { mustRun, type RestartableTarget, type VerifyContext } from '../../harness/checks/index.ts';
import { daemonJson } from '../instruments/daemon/daemon-faults.ts';
import { isEngineSince } from '../instruments/daemon/versions.ts';

/** From 28.0 on the daemon then needs br_netfilter, loaded by root (moby/moby#52294; seen with 28.5.2). */
export async function switchProxyOff(
  context: Pick<VerifyContext<RestartableTarget>, 'target' | 'host' | 'defer'>,
): Promise<void> {
  const unload = isEngineSince(context.host, '28.0') ? await loadBridgeNetfilter(context) : undefined;
  try {
    context.defer(await daemonJson({ 'userland-proxy': false })(context));
  } finally {
    // deferred last, done first: the next start finds the kernel as before
    if (unload) context.defer(unload);
  }
}

// if built in, it has no folder below /sys/module
const isLoaded = '[ -e /sys/module/br_netfilter ] || [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]';

/** By rmmod: `modprobe -r` would also remove `bridge`, and every bridge of every network namespace. */
async function loadBridgeNetfilter({ target, host }: Pick<VerifyContext, 'target' | 'host'>) {
  // bridged traffic of the host would meet its firewall; before 29.5 the daemon has its own copy of the setting
  const switchOff = ' for f in /proc/sys/net/bridge/bridge-nf-call-*; do echo 0 > $f; done;';
  const spareHost = isEngineSince(host, '29.5') ? '' : switchOff;
  const said = await mustRun(target.root, `${isLoaded} || { modprobe br_netfilter; echo loaded;${spareHost} }`);
  return said === '' ? undefined : () => mustRun(target.root, 'rmmod br_netfilter');
}
