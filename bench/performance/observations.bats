#!/usr/bin/env bats
# Twenty observations of the suite, as one would make them with bats and the docker client, inside the machine, as the
# user of the daemon. The name of each test is the check that makes the same observation (./rdc explain ID).
# bench/performance/compare-bats.ts runs both in turn. The image rdc/fixture:1 is loaded from $BATS_TEST_DIRNAME/fixture.tar.

image=rdc/fixture:1

setup_file() {
  docker load --quiet --input "$BATS_TEST_DIRNAME/fixture.tar"
}

setup() {
  socket=$XDG_RUNTIME_DIR/docker.sock
  export DOCKER_HOST=unix://$socket
  name=rdc-bats-$BATS_TEST_NUMBER
}

teardown() {
  docker rm --force "$name" >/dev/null 2>&1 || true
  [ -z "${folder-}" ] || docker run --rm --network none -v "$folder:/b" "$image" rm -rf /b/root /b/user
  [ -z "${folder-}" ] || rmdir "$folder"
}

start() {
  docker run --detach --network none --name "$name" "$@"
}

daemon_pid() {
  pgrep --uid "$(id -u)" --exact dockerd
}

container_pid() {
  docker inspect --format '{{.State.Pid}}' "$name"
}

cgroup_of_container() {
  sed -n 's/^0:://p' "/proc/$(container_pid)/cgroup"
}

# first subordinate ID of a file
first_of() {
  sed -n "s/^$(id -un):\([0-9]*\):.*/\1/p" "$1" | head -n 1
}

@test "SOCK-PATH" {
  [ -S "$socket" ]
  run docker version --format '{{.Server.Version}}'
  [ "$status" -eq 0 ]
  [ -n "$output" ]
}

@test "SOCK-MODE" {
  [ "$(stat -c '%a %u' "$socket")" = "1660 $(id -u)" ]
  group=$(getent group docker | cut -d: -f3)
  if [ -n "$group" ]; then
    [ "$(stat -c %g "$socket")" -eq $(($(first_of /etc/subgid) + group - 1)) ]
  else
    [ "$(stat -c %g "$socket")" -eq "$(id -g)" ]
  fi
}

@test "SOCK-MNT" {
  run docker run --rm --network none -v "$socket:/var/run/docker.sock" "$image" \
    sh -c 'test -S /var/run/docker.sock && probe connect unix /var/run/docker.sock'
  [ "$status" -eq 0 ]
  [[ "$output" == *'"errno":null'* || "$output" == *'"errno": null'* ]]
}

@test "SOCK-LEGACY-MNT" {
  run docker run --rm --network none -v /var/run/docker.sock:/var/run/docker.sock "$image" \
    sh -c 'test -d /var/run/docker.sock && ls -A /var/run/docker.sock'
  nsenter --user --preserve-credentials --mount --target "$(daemon_pid)" rmdir /run/docker.sock
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "SOCK-PID" {
  pid=$(daemon_pid)
  [ "$(cat "$XDG_RUNTIME_DIR/docker.pid")" -eq "$pid" ]
}

@test "SOCK-DATA" {
  root=$(docker info --format '{{.DockerRootDir}}')
  [ "$root" = "$HOME/.local/share/docker" ]
  [ "$(stat -c '%a %u %g' "$root")" = "710 $(id -u) $(id -g)" ]
  [[ ! "$(stat -f -c %T "$root")" =~ nfs|9fs|vboxsf|smb|cifs|fuse|UNKNOWN ]]
}

@test "NS-INFO" {
  run docker info --format '{{.SecurityOptions}}'
  [[ "$output" == *name=rootless* ]]
  [[ "$output" == *name=cgroupns* ]]
  namespace=$(readlink "/proc/$(daemon_pid)/ns/user")
  [ "$namespace" != "$(readlink /proc/self/ns/user)" ]
}

@test "NS-DAEMON-EUID" {
  group=$(systemctl --user show --property ControlGroup --value docker)
  commands=''
  for pid in $(find "/sys/fs/cgroup$group" -name cgroup.procs -exec cat {} +); do
    uids=$(sed -n 's/^Uid:\s*//p' "/proc/$pid/status")
    [ -z "$(tr '\t' '\n' <<<"$uids" | grep -vx "$(id -u)")" ]
    commands="$commands $(cat "/proc/$pid/comm")"
  done
  for command in rootlesskit dockerd containerd; do [[ "$commands" == *$command* ]]; done
}

@test "NS-UIDMAP" {
  run awk '{print $1, $2}' "/proc/$(daemon_pid)/uid_map"
  [ "${lines[0]}" = "0 $(id -u)" ]
  [ "${lines[1]}" = "1 $(first_of /etc/subuid)" ]
}

@test "NS-GIDMAP" {
  run awk '{print $1, $2}' "/proc/$(daemon_pid)/gid_map"
  [ "${lines[0]}" = "0 $(id -g)" ]
  [ "${lines[1]}" = "1 $(first_of /etc/subgid)" ]
}

@test "NS-FORMULA" {
  start "$image" sleep infinity
  first=$(first_of /etc/subuid)
  for id in 1 1000 1001 65535; do
    docker exec --detach --user "$id:$id" "$name" sleep "1$id"
    pid=''
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      pid=$(pgrep --full --exact "sleep 1$id") && break
      sleep 0.2
    done
    [ "$(stat -c %u "/proc/$pid")" -eq $((first + id - 1)) ]
  done
  [ "$(stat -c %u "/proc/$(container_pid)")" -eq "$(id -u)" ]
}

@test "NS-NOT-ID" {
  start --user 1001:1001 "$image" sleep infinity
  [ "$(stat -c %u "/proc/$(container_pid)")" -ne 1001 ]
  [ "$(stat -c %g "/proc/$(container_pid)")" -ne 1001 ]
}

@test "NS-BINDOWN" {
  folder=$(mktemp -d)
  chmod 777 "$folder"
  start -v "$folder:/b" "$image" sleep infinity
  docker exec "$name" sh -c 'umask 022; echo a > /b/root'
  docker exec --user 1001:1001 "$name" sh -c 'umask 022; echo a > /b/user'
  [ "$(stat -c %u "$folder/root")" -eq "$(id -u)" ]
  [ "$(stat -c %u "$folder/user")" -eq $(($(first_of /etc/subuid) + 1000)) ]
  echo b >>"$folder/root"
  run sh -c "echo b >>'$folder/user'"
  [ "$status" -ne 0 ]
}

@test "NS-ONE-USERNS" {
  start "$image" sleep infinity
  pid=$(container_pid)
  mine=$(readlink "/proc/$pid/ns/user")
  [ "$mine" = "$(readlink "/proc/$(daemon_pid)/ns/user")" ]
  [ "$mine" != "$(readlink /proc/self/ns/user)" ]
}

@test "CG-DRIVER" {
  [ "$(docker info --format '{{.CgroupDriver}} on v{{.CgroupVersion}}')" = 'systemd on v2' ]
  start "$image" sleep infinity
  id=$(docker inspect --format '{{.Id}}' "$name")
  [[ "$(cgroup_of_container)" == /user.slice/user-$(id -u).slice/user@$(id -u).service/*docker-$id.scope ]]
}

@test "CG-DELEG" {
  controllers=$(cat "/sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service/cgroup.controllers")
  for controller in cpu memory pids; do [[ " $controllers " == *" $controller "* ]]; done
}

@test "CG-MEM" {
  start --memory 32m --memory-swap 32m "$image" sleep infinity
  group=/sys/fs/cgroup$(cgroup_of_container)
  [ "$(cat "$group/memory.max")" -eq $((32 * 1024 * 1024)) ]
  run docker exec "$name" probe alloc 64
  [ "$status" -eq 137 ]
  [ "$(sed -n 's/^oom_kill //p' "$group/memory.events")" -gt 0 ]
}

@test "CG-CPU" {
  start --cpus 0.5 "$image" sleep infinity
  group=/sys/fs/cgroup$(cgroup_of_container)
  [ "$(cat "$group/cpu.max")" = '50000 100000' ]
  docker exec --detach "$name" probe burn 120
  sample() { sed -n 's/^usage_usec //p' "$group/cpu.stat"; cut -d' ' -f1 /proc/uptime; }
  before=$(sample)
  sleep 4
  after=$(sample)
  awk -v before="$before" -v after="$after" 'BEGIN {
    split(before, a); split(after, b); cores = (b[1] - a[1]) / 1e6 / (b[2] - a[2]); exit !(cores >= 0.3 && cores <= 0.6) }'
}

@test "CG-PIDS" {
  start --pids-limit 10 "$image" sh -c 'sleep infinity & wait'
  [ "$(cat "/sys/fs/cgroup$(cgroup_of_container)/pids.max")" -eq 10 ]
  run docker exec "$name" probe fork 20
  [[ "$output" == *EAGAIN* ]]
}

@test "PORT-PRIV-DENY" {
  run docker run --rm --publish 1023:80 "$image" true
  [ "$status" -ne 0 ]
  [[ "$output" == *"cannot expose privileged port 1023"* ]]
  [[ "$output" == *"currently $(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"* ]]
  docker run --detach --name "$name" --publish 1024:80 "$image" \
    sh -c 'echo "nonce-$HOSTNAME" > /index.html; exec httpd -f -h / -p 80'
  answer=''
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    answer=$(exec 3<>/dev/tcp/127.0.0.1/1024 && printf 'GET /index.html HTTP/1.0\r\n\r\n' >&3 && cat <&3) && break
    sleep 0.2
  done
  [[ "$answer" == *nonce-* ]]
}
