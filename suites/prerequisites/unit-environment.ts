/** Sets `e` to the unit's environment and `p` to its PATH, or to the PATH that the setup tool suggests. The daemon may be down. */
export const unitEnvironment = `
e=$(systemctl --user show docker.service -p Environment --value 2>/dev/null)
p=$(printf '%s\\n' "$e" | tr ' ' '\\n' | sed -n 's/^PATH=//p'); p=\${p:-/sbin:/usr/sbin:$PATH}`;
