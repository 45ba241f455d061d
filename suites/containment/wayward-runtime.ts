import { wrappedRuntime } from '../instruments/container/runtime-wrapper.ts';

/** A runtime that ignores its specification: a filter that allows everything, no masks, new PID and IPC namespaces. */
export const waywardRuntime = wrappedRuntime(
  // the shim calls `runc ... create --bundle FOLDER ...`; the specification is one line of FOLDER/config.json
  (runc) => `#!/bin/sh
for word; do [ "$last" != --bundle ] || bundle=$word; last=$word; done
[ -z "$bundle" ] || sed -i \\
  -e 's/"defaultAction":"[A-Z_]*"/"defaultAction":"SCMP_ACT_ALLOW"/' \\
  -e 's/"maskedPaths":\\[[^]]*\\]/"maskedPaths":[]/; s/"readonlyPaths":\\[[^]]*\\]/"readonlyPaths":[]/' \\
  -e '/"type":"pid"/!s/"namespaces":\\[/&{"type":"pid"},/' \\
  -e '/"type":"ipc"/!s/"namespaces":\\[/&{"type":"ipc"},/' "$bundle/config.json"
exec ${runc} "$@"`,
);
