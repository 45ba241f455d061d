/**
 * Sets `e` in a shell script of the user to the environment of the daemon's unit, and `p` to the PATH in it; where there
 * is no unit, to the PATH with which the setup tool tells the user to start the daemon. The daemon itself is not asked:
 * what this is needed for may be why it does not start.
 */
export const unitEnvironment = `
e=$(systemctl --user show docker.service -p Environment --value 2>/dev/null)
p=$(printf '%s\\n' "$e" | tr ' ' '\\n' | sed -n 's/^PATH=//p'); p=\${p:-/sbin:/usr/sbin:$PATH}`;
