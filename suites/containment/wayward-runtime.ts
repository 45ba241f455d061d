import { wrappedRuntime } from '../instruments/container/runtime-wrapper.ts';

/**
 * An OCI runtime that does not do as it is told: its seccomp filter allows everything, it masks and protects nothing
 * of /proc and /sys, and it makes PID and IPC namespaces where the container is to have the host's. The daemon goes on
 * believing in what it asked for.
 */
export const waywardRuntime = wrappedRuntime(
  // the shim starts `runc ... create --bundle FOLDER ...`; the specification is one line of FOLDER/config.json
  (runc) => `#!/bin/sh
for word; do [ "$last" != --bundle ] || bundle=$word; last=$word; done
[ -z "$bundle" ] || sed -i \\
  -e 's/"defaultAction":"[A-Z_]*"/"defaultAction":"SCMP_ACT_ALLOW"/' \\
  -e 's/"maskedPaths":\\[[^]]*\\]/"maskedPaths":[]/; s/"readonlyPaths":\\[[^]]*\\]/"readonlyPaths":[]/' \\
  -e '/"type":"pid"/!s/"namespaces":\\[/&{"type":"pid"},/' \\
  -e '/"type":"ipc"/!s/"namespaces":\\[/&{"type":"ipc"},/' "$bundle/config.json"
exec ${runc} "$@"`,
);
