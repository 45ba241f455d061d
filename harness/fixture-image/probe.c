/*
 * probe: the observations that busybox cannot make. Every subcommand makes one, prints it as one line of JSON and
 * exits 0, whether the kernel said yes or no; exit 2 is bad usage. Static, so it runs in the fixture image and on
 * any target. Nothing it does outlives it: what it creates or mounts it removes again.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { TTY_LIMIT = 4096, MIB = 1 << 20 };

/* --- arguments --- */

static const struct command {
  const char *name, *arguments;
  int min, max;
  void (*run)(char **args); /* prints its fields */
  int (*call)(char **args); /* returns an errno */
} *current;

void usage(void) {
  fprintf(stderr, "usage: probe %s %s\n", current->name, current->arguments);
  _exit(2); /* not exit: half a line of JSON may be buffered */
}

long number(const char *text) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno || end == text || *end) usage();
  return value;
}

long natural(const char *text, long max) {
  long value = number(text);
  if (value < 0 || value > max) usage();
  return value;
}

long timeout_or_default(const char *text) { return text ? natural(text, 86400000) : TIMEOUT_MS; }

int choose(const struct word *words, const char *name) {
  while (words->name && strcmp(words->name, name)) words++;
  if (!words->name) usage();
  return words->value;
}

/* --- output --- */

const char *quoted_errno(int error) {
  static char text[32];
  const char *name = NULL;
#define E(symbol) if (error == symbol) name = #symbol;
  E(EPERM) E(ENOENT) E(ESRCH) E(EINTR) E(EIO) E(ENXIO) E(E2BIG) E(ENOEXEC) E(EBADF) E(ECHILD) E(EAGAIN) E(ENOMEM)
  E(EACCES) E(EFAULT) E(ENOTBLK) E(EBUSY) E(EEXIST) E(EXDEV) E(ENODEV) E(ENOTDIR) E(EISDIR) E(EINVAL) E(ENFILE)
  E(EMFILE) E(ENOTTY) E(ETXTBSY) E(EFBIG) E(ENOSPC) E(ESPIPE) E(EROFS) E(EMLINK) E(EPIPE) E(ERANGE) E(ENAMETOOLONG)
  E(ENOSYS) E(ELOOP) E(EPROTO) E(EOVERFLOW) E(EUSERS) E(EMSGSIZE) E(EPROTOTYPE) E(EPROTONOSUPPORT) E(EOPNOTSUPP)
  E(EAFNOSUPPORT) E(EADDRINUSE) E(EADDRNOTAVAIL) E(ENETDOWN) E(ENETUNREACH) E(ECONNABORTED) E(ECONNRESET) E(ENOBUFS)
  E(ETIMEDOUT) E(ECONNREFUSED) E(EHOSTDOWN) E(EHOSTUNREACH) E(EDQUOT) E(ENOKEY)
#undef E
  if (error == 0) return "null";
  if (name) snprintf(text, sizeof text, "\"%s\"", name);
  else snprintf(text, sizeof text, "%d", error);
  return text;
}

/* Bytes outside printable ASCII become \u00XX, so the line is valid JSON whatever was read. */
void print_text(const char *bytes, size_t length) {
  putchar('"');
  for (size_t i = 0; i < length; i++) {
    unsigned char c = bytes[i];
    if (c == '"' || c == '\\') printf("\\%c", c);
    else if (c < 0x20 || c > 0x7e) printf("\\u%04x", c);
    else putchar(c);
  }
  putchar('"');
}

int errno_of(long returned) { return returned < 0 ? errno : 0; }

static long long limit(rlim_t value) { return value == RLIM_INFINITY ? -1 : (long long)value; }

long elapsed_ms(clockid_t clock, const struct timespec *since) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* --- memory, limits, processes --- */

static void print_memlock(int error) {
  struct rlimit r;
  getrlimit(RLIMIT_MEMLOCK, &r);
  printf("\"errno\":%s,", quoted_errno(error));
  printf("\"limitSoft\":%lld,\"limitHard\":%lld", limit(r.rlim_cur), limit(r.rlim_max));
}

static void *map_memory(size_t bytes) {
  return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void run_mlock(char **args) {
  long bytes = natural(args[0], LONG_MAX);
  void *area = map_memory(bytes);
  printf("\"bytes\":%ld,", bytes);
  print_memlock(area == MAP_FAILED ? errno : errno_of(mlock(area, bytes)));
}

static void run_mlockall(char **args) {
  (void)args;
  print_memlock(errno_of(mlockall(MCL_CURRENT | MCL_FUTURE)));
}

static void run_rlimit(char **args) {
  static const struct word resources[] = {
    { "memlock", RLIMIT_MEMLOCK }, { "nofile", RLIMIT_NOFILE }, { "nproc", RLIMIT_NPROC },
    { "core", RLIMIT_CORE }, { "nice", RLIMIT_NICE }, { "rtprio", RLIMIT_RTPRIO }, { NULL, 0 } };
  struct rlimit r;
  getrlimit(choose(resources, args[0]), &r);
  printf("\"name\":\"%s\",\"soft\":%lld,\"hard\":%lld", args[0], limit(r.rlim_cur), limit(r.rlim_max));
}

static void run_alloc(char **args) {
  long wanted = natural(args[0], LONG_MAX), touched = 0;
  void *step = NULL;
  while (touched < wanted && (step = map_memory(MIB)) != MAP_FAILED) memset(step, 1, MIB), touched++;
  printf("\"touchedMiB\":%ld,\"errno\":%s", touched, quoted_errno(step == MAP_FAILED ? errno : 0));
}

static pid_t fork_paused(pid_t parent) {
  pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == parent) pause();
  _exit(0);
}

static void run_fork(char **args) {
  long wanted = natural(args[0], 1000000), forked = 0;
  pid_t parent = getpid(), child = 0, *children = calloc(wanted + 1, sizeof *children);
  while (forked < wanted && (child = fork_paused(parent)) > 0) children[forked++] = child;
  int error = errno_of(child);
  for (long i = 0; i < forked; i++) kill(children[i], SIGKILL);
  for (long i = 0; i < forked; i++) waitpid(children[i], NULL, 0);
  printf("\"forked\":%ld,\"errno\":%s", forked, quoted_errno(error));
}

static void run_burn(char **args) {
  char *end;
  struct timespec wall, cpu;
  double seconds = strtod(args[0], &end);
  if (end == args[0] || *end || !(seconds >= 0 && seconds <= 86400)) usage();
  clock_gettime(CLOCK_MONOTONIC, &wall);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  while (elapsed_ms(CLOCK_MONOTONIC, &wall) < seconds * 1000) {}
  long cpu_ms = elapsed_ms(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  printf("\"cpuMs\":%ld,\"wallMs\":%ld", cpu_ms, elapsed_ms(CLOCK_MONOTONIC, &wall));
}

/* RLIMIT_NOFILE gives EMFILE too: lift it as far as it goes. */
long long raise_files(void) {
  struct rlimit r;
  getrlimit(RLIMIT_NOFILE, &r);
  r.rlim_cur = r.rlim_max;
  setrlimit(RLIMIT_NOFILE, &r);
  return limit(r.rlim_cur);
}

static void run_inotify(char **args) {
  long wanted = natural(args[0], LONG_MAX), created = 0;
  int fd = 0;
  long long files = raise_files();
  while (created < wanted && (fd = inotify_init1(IN_CLOEXEC)) >= 0) created++;
  printf("\"created\":%ld,\"errno\":%s,\"nofile\":%lld", created, quoted_errno(errno_of(fd)), files);
}

static void run_ids(char **args) {
  (void)args;
  static gid_t groups[65536];
  char line[512], cap_eff[32] = "", cap_bnd[32] = "";
  int no_new_privs = -1, seccomp = -1, count = getgroups(65536, groups);
  FILE *status = fopen("/proc/self/status", "re");
  printf("\"errno\":%s,\"uid\":%u,\"gid\":%u,\"groups\":[", quoted_errno(status ? 0 : errno), getuid(), getgid());
  while (status && fgets(line, sizeof line, status)) {
    sscanf(line, "CapEff: %31s", cap_eff);
    sscanf(line, "CapBnd: %31s", cap_bnd);
    sscanf(line, "NoNewPrivs: %d", &no_new_privs);
    sscanf(line, "Seccomp: %d", &seccomp);
  }
  for (int i = 0; i < count; i++) printf("%s%u", i ? "," : "", groups[i]);
  printf("],\"capEff\":\"%s\",\"capBnd\":\"%s\",", cap_eff, cap_bnd);
  printf("\"noNewPrivs\":%d,\"seccomp\":%d", no_new_privs, seccomp);
}

/* --- files and terminals --- */

static void run_open(char **args) {
  static const struct word modes[] = { { "r", O_RDONLY }, { "w", O_WRONLY }, { "rw", O_RDWR }, { NULL, 0 } };
  struct stat s;
  int flags = choose(modes, args[1]), stat_error = errno_of(stat(args[0], &s));
  int error = errno_of(open(args[0], flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  printf("\"path\":");
  print_text(args[0], strlen(args[0]));
  printf(",\"mode\":\"%s\",\"errno\":%s,", args[1], quoted_errno(error));
  printf("\"statErrno\":%s,\"stat\":", quoted_errno(stat_error));
  if (stat_error) printf("null");
  else {
    printf("{\"stMode\":\"%06o\",\"uid\":%u,\"gid\":%u,", s.st_mode, s.st_uid, s.st_gid);
    printf("\"major\":%u,\"minor\":%u}", major(s.st_rdev), minor(s.st_rdev));
  }
}

/* Raw 8N1 at 115200 baud; *baud is what the driver says it made of that, 0 for any other rate. */
static int set_raw(int fd, int *baud) {
  struct termios t;
  if (tcgetattr(fd, &t) < 0) return errno;
  cfmakeraw(&t);
  t.c_cflag &= ~(CSTOPB | PARENB | CRTSCTS);
  t.c_cflag |= CLOCAL | CREAD;
  cfsetspeed(&t, B115200);
  if (tcsetattr(fd, TCSANOW, &t) < 0 || tcgetattr(fd, &t) < 0) return errno;
  *baud = cfgetospeed(&t) == B115200 ? 115200 : 0;
  return 0;
}

static void run_tty(char **args) {
  enum { READ, WRITE, ECHO_BACK };
  static const struct word directions[] = { { "read", READ }, { "write", WRITE }, { "echo", ECHO_BACK }, { NULL, 0 } };
  static char buffer[TTY_LIMIT];
  int baud = 0, direction = choose(directions, args[0]);
  if ((direction == WRITE) == !!args[3]) usage();
  size_t length = 0, wanted = direction == WRITE ? strlen(args[2]) : (size_t)natural(args[2], TTY_LIMIT);
  long timeout_ms = timeout_or_default(args[3]);
  const char *text = direction == WRITE ? args[2] : buffer, *step = "open";
  int fd = open(args[1], O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), error = errno_of(fd);
  if (!error) step = "tcsetattr", error = set_raw(fd, &baud);
  if (!error && direction != WRITE) step = "read", error = read_until(fd, buffer, wanted, timeout_ms, &length);
  if (!error && direction == ECHO_BACK) wanted = length;
  if (!error && direction != READ) step = "write", error = write_all(fd, text, wanted, &length);
  printf("\"errno\":%s,\"step\":\"%s\",\"baud\":%d,\"bytes\":%zu,\"text\":", quoted_errno(error), step, baud, length);
  print_text(text, length);
}

/* --- single calls --- */

static int call_mknod(char **args) {
  static const struct word types[] = { { "c", S_IFCHR }, { "b", S_IFBLK }, { "p", S_IFIFO }, { NULL, 0 } };
  dev_t device = makedev(natural(args[2], UINT_MAX), natural(args[3], UINT_MAX));
  if (mknod(args[0], choose(types, args[1]) | 0600, device) < 0) return errno;
  return errno_of(unlink(args[0]));
}

static int call_mount(char **args) {
  if (mount(args[1], args[2], args[0], 0, NULL) < 0) return errno;
  return errno_of(umount2(args[2], MNT_DETACH));
}

static int call_settimeofday(char **args) {
  (void)args;
  struct timeval now;
  gettimeofday(&now, NULL);
  return errno_of(settimeofday(&now, NULL));
}

static int call_syslog(char **args) {
  enum { SYSLOG_ACTION_READ_ALL = 3 };
  char buffer[256];
  (void)args;
  return errno_of(klogctl(SYSLOG_ACTION_READ_ALL, buffer, sizeof buffer));
}

static int call_keyctl(char **args) {
  enum { KEY_SPEC_PROCESS_KEYRING = -2 };
  (void)args;
  return errno_of(syscall(SYS_add_key, "user", "rdc-probe", "x", 1UL, KEY_SPEC_PROCESS_KEYRING));
}

static int call_initmodule(char **args) { return (void)args, errno_of(syscall(SYS_init_module, "", 0UL, "")); }
static int call_setgroups(char **args) { return (void)args, errno_of(setgroups(0, NULL)); }
static int call_setpriority(char **args) { return errno_of(setpriority(PRIO_PROCESS, 0, number(args[0]))); }
static int call_kill(char **args) { return errno_of(kill(number(args[0]), natural(args[1], 64))); }

/* Known from outside by NONCE in its arguments; ends by itself. */
static int call_idle(char **args) {
  gid_t gid = natural(args[1], 4294967294L);
  uid_t uid = natural(args[0], 4294967294L);
  if (setgroups(0, NULL) || setgid(gid) || setuid(uid)) return errno;
  sleep(300);
  return 0;
}

static void observe(int count, char **args);

/* One line for several observations, separated by ",": an exec in a container costs a second on an emulated machine. */
static void run_each(char **args) {
  char *comma;
  printf("\"results\":[");
  do {
    char **end = args;
    while (*end && strcmp(*end, ",")) end++;
    comma = *end;
    *end = NULL;
    observe(end - args, args);
    args = end + 1;
    if (comma) putchar(',');
  } while (comma);
  putchar(']');
}

static const struct command commands[] = {
  { "alloc", "MIB", 1, 1, .run = run_alloc },
  { "bind", "tcp|udp ADDR PORT", 3, 3, .run = run_bind },
  { "burn", "SECONDS", 1, 1, .run = run_burn },
  { "burst", "ADDR PORT N [HOLD_MS]", 3, 4, .run = run_burst },
  { "connect", "unix PATH | unix-abstract NAME | tcp|sctp ADDR PORT [TIMEOUT_MS]", 2, 4, .run = run_connect },
  { "each", "COMMAND [ARGUMENT]... [, COMMAND [ARGUMENT]...]...", 1, INT_MAX, .run = run_each },
  { "fetch", "tcp|udp ADDR PORT [TIMEOUT_MS]", 3, 4, .run = run_fetch },
  { "fork", "N", 1, 1, .run = run_fork },
  { "http", "PATH METHOD TARGET", 3, 3, .run = run_http },
  { "idle", "UID GID NONCE", 3, 3, .call = call_idle },
  { "icmp", "ADDR [TIMEOUT_MS]", 1, 2, .run = run_icmp },
  { "ids", "", 0, 0, .run = run_ids },
  { "initmodule", "", 0, 0, .call = call_initmodule },
  { "inotify", "N", 1, 1, .run = run_inotify },
  { "keyctl", "", 0, 0, .call = call_keyctl },
  { "kill", "PID SIGNAL_NUMBER", 2, 2, .call = call_kill },
  { "mknod", "PATH c|b|p MAJOR MINOR", 4, 4, .call = call_mknod },
  { "mlock", "BYTES", 1, 1, .run = run_mlock },
  { "mlockall", "", 0, 0, .run = run_mlockall },
  { "mount", "TYPE SRC TARGET", 3, 3, .call = call_mount },
  { "open", "PATH r|w|rw", 2, 2, .run = run_open },
  { "peercred", "PATH", 1, 1, .run = run_peercred },
  { "rlimit", "memlock|nofile|nproc|core|nice|rtprio", 1, 1, .run = run_rlimit },
  { "serve", "tcp|udp|echo|dns PORT NONCE [COUNT [IPV4_ADDR]]", 3, 5, .run = run_serve },
  { "setgroups", "", 0, 0, .call = call_setgroups },
  { "setpriority", "NICE", 1, 1, .call = call_setpriority },
  { "settimeofday", "", 0, 0, .call = call_settimeofday },
  { "syslog", "", 0, 0, .call = call_syslog },
  { "transfer", "ADDR PORT BYTES", 3, 3, .run = run_transfer },
  { "tty", "write PATH TEXT | tty read|echo PATH BYTES TIMEOUT_MS", 3, 4, .run = run_tty },
};

static void list_commands(const struct command *end) {
  fprintf(stderr, "usage: probe COMMAND, one of:\n");
  for (current = commands; current < end; current++) fprintf(stderr, "  %s %s\n", current->name, current->arguments);
  _exit(2); /* as in usage */
}

static void observe(int count, char **args) {
  const struct command *end = commands + sizeof commands / sizeof *commands;
  for (current = commands; current < end && (count < 1 || strcmp(current->name, args[0])); current++) {}
  if (current == end) list_commands(end);
  if (count - 1 < current->min || count - 1 > current->max) usage();
  printf("{\"call\":\"%s\",", current->name);
  if (current->run) current->run(args + 1);
  else printf("\"errno\":%s", quoted_errno(current->call(args + 1)));
  putchar('}');
}

int main(int argc, char **argv) {
  observe(argc - 1, argv + 1);
  putchar('\n');
  return 0;
}
