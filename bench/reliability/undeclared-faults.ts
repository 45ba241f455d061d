/**
 * Faults that no check declares as its own: other ways in which a property breaks. Each was found by reading a check for
 * what it does not look at; it is here so that it stays noticed. Scripts of root on a Debian machine of the lab, where the
 * user is tester; `undo` brings the machine back.
 */
export type UndeclaredFault = {
  readonly name: string;
  /** at least one of them has to turn red */
  readonly red: readonly string[];
  readonly apply: string;
  readonly undo: string;
};

const uid = '$(id -u tester)';
const asUser = `runuser -u tester -- env XDG_RUNTIME_DIR=/run/user/${uid} systemctl --user`;
const dropIns = '/home/tester/.config/systemd/user/docker.service.d';
const unit = '/home/tester/.config/systemd/user/docker.service';
const manager = `/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service`;
const rootlesskit = '"$(readlink -f "$(command -v rootlesskit)")"';
const runc = '"$(readlink -f "$(command -v runc)")"';
const data = '/home/tester/.local/share/docker';

const daemonJson = '/home/tester/.config/docker/daemon.json';
const daemonJsonAside = `install -d -o tester ${daemonJson.replace('/daemon.json', '')}; [ ! -e ${daemonJson} ] || mv ${daemonJson} ${daemonJson}.kept`;
const daemonJsonBack = `rm ${daemonJson}; [ ! -e ${daemonJson}.kept ] || mv ${daemonJson}.kept ${daemonJson}`;
const netns = `nsenter --net=/proc/$(cat /run/user/${uid}/docker.pid)/ns/net`;
const dockerd = '$(pgrep -xo -u tester dockerd)';

/** A drop-in of the daemon's unit, which the user manager knows of; and what takes it away. */
const reloadedWith = (...lines: readonly string[]) => ({
  apply: `install -d -o tester ${dropIns}; printf '[Service]\\n${lines.join('\\n')}\\n' > ${dropIns}/rdc-x.conf
${asUser} daemon-reload`,
  undo: `rm ${dropIns}/rdc-x.conf; rmdir ${dropIns} 2>/dev/null; ${asUser} daemon-reload`,
});

/** Such a drop-in, in force after a restart. */
const restartedWith = (...lines: readonly string[]) => {
  const { apply, undo } = reloadedWith(...lines);
  return { apply: `${apply}; ${asUser} restart docker`, undo: `${undo}; ${asUser} restart docker` };
};

/** Other settings in the user's daemon.json, in force after a restart; the text may ask the shell for a value. */
const configuredWith = (json: string) => ({
  apply: `${daemonJsonAside}
cat > ${daemonJson} <<END
${json}
END
${asUser} restart docker`,
  undo: `${daemonJsonBack}; ${asUser} restart docker`,
});

/** The daemon listens on another address besides its own socket. */
const listeningOn = (address: string) => ({
  ...restartedWith(),
  apply: `install -d -o tester ${dropIns}; script=$(PATH=$PATH:/usr/share/docker.io/contrib; command -v dockerd-rootless.sh)
printf '[Service]\\nExecStart=\\nExecStart=%s -H unix:///run/user/%s/docker.sock -H ${address}\\n' "$script" "${uid}" > ${dropIns}/rdc-x.conf
${asUser} daemon-reload; ${asUser} restart docker`,
});
const secondSocket = listeningOn('unix:///tmp/rdc-api.sock');

/** A sysctl with another value. */
const withSysctl = (name: string, value: number) => ({
  apply: `sysctl -n ${name} > /run/rdc-sysctl; sysctl -qw ${name}=${value}`,
  undo: `sysctl -qw ${name}=$(cat /run/rdc-sysctl)`,
});

/** Adds capabilities to what dockerd asks for, and hands on to the runtime itself. */
const generousRuntime = [
  '#!/bin/sh',
  'for word; do [ "$last" != --bundle ] || bundle=$word; last=$word; done',
  `[ -z "$bundle" ] || sed -i -E 's/"(bounding|effective|permitted)":\\[/&"CAP_SYS_ADMIN","CAP_NET_ADMIN",/g' "$bundle/config.json"`,
  'exec RUNTIME.real "$@"',
].join('\n');

export const undeclaredFaults: readonly UndeclaredFault[] = [
  {
    name: 'the second serial port has mode 666',
    red: ['DEV-GROUP'],
    apply: 'chmod 666 /dev/ttyS2',
    undo: 'chmod 660 /dev/ttyS2',
  },
  {
    name: 'the first serial port may be read by all',
    red: ['DEV-GROUP'],
    apply: 'chmod 664 /dev/ttyS1',
    undo: 'chmod 660 /dev/ttyS1',
  },
  {
    name: 'the node of a serial port is gone',
    red: ['DEV-GROUP'],
    apply: 'rm /dev/ttyS1',
    undo: 'mknod /dev/ttyS1 c 4 65; chown root:dialout /dev/ttyS1; chmod 660 /dev/ttyS1',
  },
  {
    name: 'a profile of the system takes XDG_RUNTIME_DIR away',
    red: ['PRE-XDG'],
    apply: "echo 'unset XDG_RUNTIME_DIR' > /etc/profile.d/rdc-x.sh",
    undo: 'rm /etc/profile.d/rdc-x.sh',
  },
  {
    name: 'a profile of the system sends the client elsewhere',
    red: ['SOCK-CTX'],
    apply: "echo 'export DOCKER_HOST=tcp://127.0.0.1:2375' > /etc/profile.d/rdc-d.sh",
    undo: 'rm /etc/profile.d/rdc-d.sh',
  },
  ...['pid', 'ipc', 'uts', 'cgroup'].map((kind) => ({
    name: `no ${kind} namespace can be made`,
    red: ['PRE-USERNS-MAX'],
    apply: `sysctl -n user.max_${kind}_namespaces > /run/rdc-max; sysctl -qw user.max_${kind}_namespaces=0`,
    undo: `sysctl -qw user.max_${kind}_namespaces=$(cat /run/rdc-max)`,
  })),
  {
    name: 'the cgroup of the service has a limit of processes',
    red: ['SVC-UNIT'],
    apply: `echo 300 > ${manager}/app.slice/docker.service/pids.max`,
    undo: `echo max > ${manager}/app.slice/docker.service/pids.max`,
  },
  {
    name: 'a slice above the service has a limit of memory',
    red: ['SVC-UNIT'],
    apply: `${asUser} set-property --runtime app.slice MemoryMax=900M`,
    undo: `${asUser} set-property --runtime app.slice MemoryMax=infinity`,
  },
  {
    name: "the service has root's power without root's UID",
    red: ['NS-DAEMON-EUID'],
    apply: `setcap cap_sys_admin,cap_dac_override+ep ${rootlesskit}; ${asUser} restart docker`,
    undo: `setcap -r ${rootlesskit}; ${asUser} restart docker`,
  },
  {
    name: "the bytes of the user's key quota are nearly used up",
    red: ['LIM-KEYS'],
    apply: 'sysctl -qw kernel.keys.maxbytes=1500',
    undo: 'sysctl -qw kernel.keys.maxbytes=20000',
  },
  {
    name: 'the API is open by TCP without TLS',
    red: ['SOCK-PRIVATE'],
    ...listeningOn('tcp://0.0.0.0:2375'),
  },
  {
    name: 'the data root is in memory',
    red: ['SOCK-DATA'],
    apply: `${asUser} stop docker; mount -t tmpfs -o uid=${uid},gid=$(id -g tester),mode=710,size=600m tmpfs ${data}; ${asUser} start docker`,
    undo: `${asUser} stop docker; umount ${data}; ${asUser} start docker`,
  },
  {
    name: 'a firewall lets the user reach no other host',
    red: ['NET-FWD'],
    apply: 'iptables -I OUTPUT ! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW -p tcp -j REJECT',
    undo: 'iptables -D OUTPUT ! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW -p tcp -j REJECT',
  },
  {
    name: 'the runtime gives containers more capabilities than dockerd asks for',
    red: ['SEC-CAPS'],
    apply: `r=${runc}; mv $r $r.real; cat > $r <<'END'
${generousRuntime}
END
sed -i "s#RUNTIME#$r#" $r; chmod 755 $r`,
    undo: `r=${runc}; mv $r.real $r`,
  },
  {
    name: 'ports below 2000 are privileged too',
    red: ['PORT-PRIV-DENY'],
    apply: 'sysctl -qw net.ipv4.ip_unprivileged_port_start=2000',
    undo: 'sysctl -qw net.ipv4.ip_unprivileged_port_start=1024',
  },
  {
    name: 'the helper for groups has no privilege, the one for users has',
    red: ['PRE-NEWIDMAP'],
    apply:
      'f=$(command -v newgidmap); getcap $f > /run/rdc-cap; stat -c %a $f > /run/rdc-mode; setcap -r $f 2>/dev/null; chmod 755 $f',
    undo: 'f=$(command -v newgidmap); chmod $(cat /run/rdc-mode) $f; [ ! -s /run/rdc-cap ] || setcap "$(sed "s/^[^ ]* //" /run/rdc-cap)" $f',
  },
  {
    name: 'the mount of the helpers takes set-user-ID and capabilities away',
    red: ['PRE-NEWIDMAP'],
    apply: 'mount --bind /usr/bin /usr/bin; mount -o remount,bind,nosuid /usr/bin',
    undo: 'umount -l /usr/bin',
  },
  {
    name: 'log-ins may start few processes',
    red: ['LIM-NPROC'],
    apply: `echo 'tester - nproc 700' > /etc/security/limits.d/zz-rdc.conf; systemctl restart user@${uid}.service`,
    undo: `rm /etc/security/limits.d/zz-rdc.conf; systemctl restart user@${uid}.service`,
  },
  {
    name: 'daemon.json promises containers more locked memory than the daemon has',
    red: ['LIM-MLOCK-OK'],
    apply: `${daemonJsonAside}
echo '{"default-ulimits": {"memlock": {"Name": "memlock", "Soft": -1, "Hard": -1}}}' > ${daemonJson}; ${asUser} restart docker`,
    undo: `${daemonJsonBack}; ${asUser} restart docker`,
  },
  {
    name: "the user's slice may have few processes",
    red: ['LIM-NPROC'],
    apply: `systemctl set-property --runtime user-${uid}.slice TasksMax=300`,
    undo: `systemctl set-property --runtime user-${uid}.slice TasksMax=33%`,
  },
  {
    name: 'the slice of the containers may have few processes',
    red: ['LIM-NPROC'],
    apply: `${asUser} set-property --runtime user.slice TasksMax=200`,
    undo: `${asUser} set-property --runtime user.slice TasksMax=infinity`,
  },
  {
    name: 'the slice of the containers gets less than half a core',
    red: ['CG-CPU'],
    apply: `${asUser} set-property --runtime user.slice CPUQuota=40%`,
    undo: `${asUser} set-property --runtime user.slice CPUQuota=`,
  },
  {
    name: "the user's slice has a limit of memory",
    red: ['SVC-UNIT'],
    apply: `systemctl set-property --runtime user-${uid}.slice MemoryMax=1G`,
    undo: `systemctl set-property --runtime user-${uid}.slice MemoryMax=infinity`,
  },
  {
    name: 'the service may not use swap',
    red: ['SVC-UNIT'],
    apply: `${asUser} set-property --runtime docker.service MemorySwapMax=0`,
    undo: `${asUser} set-property --runtime docker.service MemorySwapMax=infinity`,
  },
  { name: 'files of the service may have 1 GiB', red: ['SVC-UNIT'], ...restartedWith('LimitFSIZE=1G') },
  {
    name: 'the unit is enabled for a target that no user manager starts',
    red: ['SVC-ACTIVE'],
    apply: `sed -i.kept 's/^WantedBy=.*/WantedBy=multi-user.target/' ${unit}; ${asUser} reenable docker`,
    undo: `mv ${unit}.kept ${unit}; rm -r ${unit.replace('/docker.service', '/multi-user.target.wants')}; ${asUser} reenable docker`,
  },
  {
    name: 'a serial port belongs to another group of the user',
    red: ['DEV-GROUP'],
    apply: 'chgrp users /dev/ttyS1; usermod -aG users tester',
    undo: 'chgrp dialout /dev/ttyS1',
  },
  {
    name: 'the ACL of a serial port shuts out whom its mode lets in',
    red: ['DEV-666'],
    apply: 'setfacl -m g:nogroup:--- /dev/ttyS1',
    undo: 'setfacl -b /dev/ttyS1',
  },
  {
    name: 'the daemon may have few files open, until it asks for more',
    red: ['LIM-NOFILE'],
    apply: `prlimit --pid ${dockerd} --nofile=256:`,
    undo: `prlimit --pid ${dockerd} --nofile=$(prlimit --pid ${dockerd} --nofile -o HARD --noheadings | tr -d ' '):`,
  },
  { name: 'the host may have few files open', red: ['LIM-NOFILE'], ...withSysctl('fs.file-max', 20_000) },
  { name: 'there is room for one pid namespace', red: ['PRE-USERNS-MAX'], ...withSysctl('user.max_pid_namespaces', 1) },
  {
    name: 'the daemon is told of a bus that is not there',
    red: ['PRE-DBUS'],
    ...restartedWith('Environment=DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent'),
  },
  {
    name: 'the service starts a process of root that leaves its parent',
    red: ['NS-DAEMON-EUID'],
    apply: `install -m 4755 "$(command -v sleep)" /usr/local/bin/rdc-sleep
${restartedWith("ExecStartPost=/bin/sh -c '\\''/usr/local/bin/rdc-sleep infinity &'\\''").apply}`,
    undo: `${restartedWith().undo}; rm /usr/local/bin/rdc-sleep`,
  },
  {
    name: "the primary group of an account has one of the user's subordinate GIDs, and no entry",
    red: ['PRE-SUBID-OVERLAP'],
    apply:
      'cp -a /etc/passwd /etc/passwd.kept; sed -i -E "s/^(other:x:[0-9]+):[0-9]+:/\\1:$(awk -F: \'$1 == "tester" {print $2 + 500; exit}\' /etc/subgid):/" /etc/passwd',
    undo: 'mv /etc/passwd.kept /etc/passwd',
  },
  {
    name: 'a firewall lets the user send no UDP to another host',
    red: ['NET-FWD'],
    apply: 'iptables -I OUTPUT ! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW -p udp -j REJECT',
    undo: 'iptables -D OUTPUT ! -o lo -m owner --uid-owner tester -m conntrack --ctstate NEW -p udp -j REJECT',
  },
  {
    name: 'containers get no UDP through but that of name servers',
    red: ['NET-FWD'],
    apply: `${netns} iptables -I DOCKER-USER -p udp ! --sport 53 ! --dport 53 -j DROP`,
    undo: `${netns} iptables -D DOCKER-USER -p udp ! --sport 53 ! --dport 53 -j DROP`,
  },
  {
    name: 'UDP passes from bridge to bridge',
    red: ['NET-BRIDGE'],
    apply: `${netns} sh -c 'iptables -I DOCKER-USER -p udp -j ACCEPT; iptables -t raw -I PREROUTING -p udp -j ACCEPT'`,
    undo: `${netns} sh -c 'iptables -D DOCKER-USER -p udp -j ACCEPT; iptables -t raw -D PREROUTING -p udp -j ACCEPT'`,
  },
  {
    name: 'a user-defined bridge reaches the default one, which does not reach it',
    red: ['NET-BRIDGE'],
    apply: `${netns} sh -c 'for t in "filter -I DOCKER-USER" "raw -I PREROUTING"; do
iptables -t $t -i br-+ -p tcp --dport 80 -j ACCEPT; iptables -t $t -i docker0 -p tcp --sport 80 -j ACCEPT; done'`,
    undo: `${netns} sh -c 'for t in "filter -D DOCKER-USER" "raw -D PREROUTING"; do
iptables -t $t -i br-+ -p tcp --dport 80 -j ACCEPT; iptables -t $t -i docker0 -p tcp --sport 80 -j ACCEPT; done'`,
  },
  {
    // slirp4netns only: the device of pasta has another name
    name: 'user-defined bridges do not reach out',
    red: ['NET-BRIDGE'],
    apply: `${netns} iptables -I DOCKER-USER -i br-+ -o tap0 -j DROP`,
    undo: `${netns} iptables -D DOCKER-USER -i br-+ -o tap0 -j DROP`,
  },
  {
    name: 'the kernel takes packets of other hosts for 127.0.0.1',
    red: ['PORT-LO-ONLY'],
    apply: 'sysctl -qw net.ipv4.conf.all.route_localnet=1',
    undo: 'sysctl -qw net.ipv4.conf.all.route_localnet=0',
  },
  {
    name: 'the daemon has a proxy for HTTPS alone, where nobody listens',
    red: ['NET-DNS'],
    ...restartedWith('Environment=HTTPS_PROXY=http://127.0.0.1:9'),
  },
  {
    name: 'the loopback device has no IPv6',
    red: ['PORT-V6'],
    apply: 'sysctl -qw net.ipv6.conf.lo.disable_ipv6=1',
    undo: 'sysctl -qw net.ipv6.conf.lo.disable_ipv6=0; ip addr replace ::1/128 dev lo',
  },
  {
    name: 'the API has a second socket, in /tmp and open to all',
    red: ['SOCK-PRIVATE'],
    apply: `${secondSocket.apply}; chmod 666 /tmp/rdc-api.sock`,
    undo: `${secondSocket.undo}; rm -f /tmp/rdc-api.sock`,
  },
  {
    name: 'an access list lets one other account connect to the socket',
    red: ['SOCK-PRIVATE'],
    apply: `setfacl -m u:other:x /run/user/${uid}; setfacl -m u:other:rw /run/user/${uid}/docker.sock`,
    undo: `setfacl -b /run/user/${uid}/docker.sock /run/user/${uid}`,
  },
  ...['SOCK-NOLEAK', 'SOCK-CTX'].map((id) => ({
    name: `~/.bashrc sends the client to the system-wide socket (${id})`,
    red: [id],
    apply:
      "cd /home/tester; cp -a .bashrc .bashrc.kept; echo 'export DOCKER_HOST=unix:///var/run/docker.sock' >> .bashrc",
    undo: 'cd /home/tester; mv .bashrc.kept .bashrc',
  })),
  {
    name: "the user's daemon.json is a link to the system's",
    red: ['SOCK-CONF'],
    apply: `${daemonJsonAside}; ln -s /etc/docker/daemon.json ${daemonJson}`,
    undo: daemonJsonBack,
  },
  {
    name: "the user's daemon.json is cut off",
    red: ['SOCK-CONF'],
    apply: `${daemonJsonAside}; echo '{ "labels": [' > ${daemonJson}; chown tester ${daemonJson}`,
    undo: daemonJsonBack,
  },
  {
    name: 'the volumes are in memory',
    red: ['SOCK-DATA'],
    apply: `${asUser} stop docker; mount -t tmpfs -o uid=${uid},gid=$(id -g tester),mode=701,size=64m tmpfs ${data}/volumes; ${asUser} start docker`,
    undo: `${asUser} stop docker; umount ${data}/volumes; ${asUser} start docker`,
  },
  {
    name: 'the daemon does not come back at its next start, and does at the one after it',
    red: ['SVC-RESTART'],
    apply: `install -d -o tester ${dropIns}; rm -f /run/user/${uid}/rdc-once
printf '%s\\n' '[Service]' Restart=no 'ExecStartPre=/bin/sh -c "[ -e %t/rdc-once ] || { touch %t/rdc-once; exit 1; }"' > ${dropIns}/rdc-x.conf
${asUser} daemon-reload`,
    undo: `rm -f /run/user/${uid}/rdc-once; ${restartedWith().undo}`,
  },
  {
    name: 'the daemon comes back at no start',
    red: ['SVC-RESTART'],
    apply: `install -d -o tester ${dropIns}
printf '%s\\n' '[Service]' Restart=no 'ExecStartPre=/bin/false' > ${dropIns}/rdc-x.conf
${asUser} daemon-reload`,
    undo: `${asUser} reset-failed docker; ${restartedWith().undo}`,
  },
  {
    name: 'new users get no subordinate UIDs',
    red: ['GUIDE-LAB-FOREGROUND'],
    apply:
      "cp -a /etc/login.defs /etc/login.defs.kept; sed -i '/^SUB_UID_COUNT/d' /etc/login.defs; echo 'SUB_UID_COUNT 0' >> /etc/login.defs",
    undo: 'mv /etc/login.defs.kept /etc/login.defs',
  },
  {
    name: 'a logout stops the daemon, by ~/.bash_logout',
    red: ['SVC-LOGOUT'],
    apply: `cd /home/tester; [ ! -e .bash_logout ] || cp -a .bash_logout .bash_logout.kept
echo 'systemctl --user stop docker' >> .bash_logout; chown tester .bash_logout`,
    undo: `cd /home/tester; rm .bash_logout; [ ! -e .bash_logout.kept ] || mv .bash_logout.kept .bash_logout; ${asUser} start docker`,
  },
  {
    name: 'files of the service may have 1 GiB, until it asks for more',
    red: ['SVC-UNIT'],
    ...restartedWith('LimitFSIZE=1G:infinity'),
  },
  {
    name: 'log-ins are given an hour of processor time for each process',
    red: ['SVC-UNIT'],
    apply: `echo 'tester hard cpu 60' > /etc/security/limits.d/zz-rdc.conf; systemctl restart user@${uid}.service`,
    undo: `rm /etc/security/limits.d/zz-rdc.conf; systemctl restart user@${uid}.service`,
  },
  {
    name: 'a watchdog that the daemon knows nothing of kills it every hour',
    red: ['SVC-UNIT'],
    ...restartedWith('WatchdogSec=1h'),
  },
  {
    name: 'a daemon that gives up is not started again, one that is killed is',
    red: ['SVC-UNIT'],
    ...reloadedWith('RestartPreventExitStatus=1'),
  },
  { name: 'containers are given a second to stop', red: ['SVC-UNIT'], ...reloadedWith('TimeoutStopSec=1') },
  {
    name: "the docs' list of controllers ends up in the wrong unit, and short",
    red: ['SVC-UNIT'],
    ...reloadedWith('Delegate=', 'Delegate=pids'),
  },
  {
    name: 'a drop-in for all users limits the service from the next boot on',
    red: ['SVC-UNIT'],
    apply:
      "mkdir -p /etc/systemd/user/docker.service.d; printf '[Service]\\nMemoryMax=200M\\n' > /etc/systemd/user/docker.service.d/rdc-x.conf",
    undo: 'rm -r /etc/systemd/user/docker.service.d',
  },
  { name: 'the service may use one processor', red: ['SVC-UNIT'], ...restartedWith('CPUAffinity=0') },
  {
    name: "the user's slice writes 1 MB/s at most",
    red: ['SVC-UNIT'],
    apply: `systemctl set-property --runtime user-${uid}.slice 'IOWriteBandwidthMax=/ 1M'`,
    undo: `systemctl set-property --runtime user-${uid}.slice IOWriteBandwidthMax=`,
  },
  {
    name: 'everything of the user shares few cgroups',
    red: ['SVC-UNIT'],
    apply: `echo 40 > ${manager}/cgroup.max.descendants`,
    undo: `echo max > ${manager}/cgroup.max.descendants`,
  },
  {
    name: "the user's manager is given eight hours",
    red: ['SVC-LINGER'],
    apply: `d=/etc/systemd/system/user@${uid}.service.d; mkdir -p $d; printf '[Service]\\nRuntimeMaxSec=8h\\n' > $d/rdc-x.conf; systemctl daemon-reload`,
    undo: `rm -r /etc/systemd/system/user@${uid}.service.d; systemctl daemon-reload`,
  },
  {
    name: 'the network driver is set-group-ID',
    red: ['NS-DAEMON-EUID'],
    apply: `f=$(command -v slirp4netns); chgrp dialout $f; chmod 2755 $f; ${asUser} restart docker`,
    undo: `f=$(command -v slirp4netns); chgrp root $f; chmod 755 $f; ${asUser} restart docker`,
  },
  {
    name: 'everybody may read the disk',
    red: ['SEC-HOSTFS'],
    apply: 'chmod o+r $(findmnt -no SOURCE /)',
    undo: 'chmod o-r $(findmnt -no SOURCE /)',
  },
  {
    name: 'a relay hands the API on by TCP',
    red: ['SOCK-PRIVATE'],
    apply: `${asUser.replace('systemctl', 'systemd-run')} -q --unit=rdc-relay --socket-property=ListenStream=127.0.0.1:2375 /lib/systemd/systemd-socket-proxyd /run/user/${uid}/docker.sock`,
    undo: `${asUser} stop rdc-relay.socket rdc-relay.service; ${asUser} reset-failed 2>/dev/null || :`,
  },
  {
    name: 'the client is of the group docker, and a rootful daemon runs',
    red: ['SOCK-NOLEAK'],
    apply: `setsid dockerd -H unix:///var/run/docker.sock --group docker --bridge none --iptables=false --ip-forward=false --data-root /var/lib/rdc-system --exec-root /run/rdc-system --pidfile /run/rdc-system.pid > /var/log/rdc-system.log 2>&1 < /dev/null &
i=0; until docker -H unix:///var/run/docker.sock version > /dev/null 2>&1 || [ $i -gt 60 ]; do sleep 1; i=$((i+1)); done
f=$(readlink -f "$(command -v docker)"); chgrp docker $f; chmod 2755 $f`,
    undo: `f=$(readlink -f "$(command -v docker)"); chgrp root $f; chmod 755 $f
p=$(cat /run/rdc-system.pid); kill $p; i=0; while [ -d /proc/$p ] && [ $i -lt 60 ]; do sleep 1; i=$((i+1)); done
rm -rf /var/lib/rdc-system /run/rdc-system /run/rdc-system.pid /var/run/docker.sock /var/log/rdc-system.log`,
  },
  {
    name: "the user's subordinate GIDs move by one before the daemon starts again",
    red: ['ST-PERSIST'],
    apply: `cp -a /etc/subgid /etc/subgid.kept; awk -F: -v OFS=: '$1 == "tester" {$2++} 1' /etc/subgid.kept > /etc/subgid`,
    undo: `mv /etc/subgid.kept /etc/subgid; ${asUser} restart docker`,
  },
  {
    name: 'containers may have few files open, until they ask for more',
    red: ['LIM-NOFILE'],
    ...configuredWith(
      `{"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 256, "Hard": $(prlimit --pid ${dockerd} --nofile -o HARD --noheadings | tr -d ' ')}}}`,
    ),
  },
  { name: 'the host may have few threads', red: ['LIM-NPROC'], ...withSysctl('kernel.threads-max', 1200) },
  {
    name: 'a profile of the system has a runtime directory of its own',
    red: ['PRE-XDG'],
    apply:
      "echo 'export XDG_RUNTIME_DIR=/tmp/rdc-runtime-$(id -u); mkdir -p -m 700 $XDG_RUNTIME_DIR' > /etc/profile.d/rdc-x.sh",
    undo: 'rm -rf /etc/profile.d/rdc-x.sh /tmp/rdc-runtime-*',
  },
  {
    name: 'the runtime directory is full',
    red: ['PRE-XDG'],
    apply: `dd if=/dev/zero of=/run/user/${uid}/rdc-full bs=1M 2>/dev/null || :`,
    undo: `rm /run/user/${uid}/rdc-full`,
  },
  {
    name: "the user's daemon.json is root's alone",
    red: ['SOCK-CONF'],
    apply: `${daemonJsonAside}; echo '{}' > ${daemonJson}; chmod 600 ${daemonJson}`,
    undo: daemonJsonBack,
  },
  {
    name: 'the pool of addresses has room for one network',
    red: ['NET-BRIDGE'],
    ...configuredWith('{"default-address-pools": [{"base": "172.30.0.0/24", "size": 24}]}'),
  },
  {
    name: 'from the next boot on the data root is in memory',
    red: ['SVC-BOOT'],
    apply: `echo "tmpfs ${data} tmpfs uid=${uid},gid=$(id -g tester),mode=710,size=600m 0 0 # rdc" >> /etc/fstab`,
    undo: `sed -i '/# rdc$/d' /etc/fstab; systemctl daemon-reload
${asUser} stop docker; while umount ${data} 2>/dev/null; do :; done; rm -rf ${data}/volumes/rdc-*; ${asUser} start docker`,
  },
];
