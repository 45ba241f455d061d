/* The socket subcommands of probe: bind, connect, peercred, serve, fetch, http, transfer, icmp. */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum { TEXT_LIMIT = 256, DRAIN_MS = 200, PIECE = 65536, DNS_LIMIT = 512 };
enum { SCTP = -1 }; /* beside the socket types */

typedef struct {
  socklen_t length;
  union { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; struct sockaddr_un local; };
} address;

static const struct word socket_types[] = { { "tcp", SOCK_STREAM }, { "udp", SOCK_DGRAM }, { NULL, 0 } };

static address inet_address(const char *text, const char *port) {
  address a = { 0 };
  in_port_t net_port = htons(natural(port, 65535));
  if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
    a.v4.sin_family = AF_INET, a.v4.sin_port = net_port, a.length = sizeof a.v4;
  } else if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1) {
    a.v6.sin6_family = AF_INET6, a.v6.sin6_port = net_port, a.length = sizeof a.v6;
  } else usage();
  return a;
}

static address unix_address(const char *name, int is_abstract) {
  address a = { 0 };
  if (strlen(name) + 1 > sizeof a.local.sun_path) usage();
  a.local.sun_family = AF_UNIX;
  a.length = offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1;
  memcpy(a.local.sun_path + is_abstract, name, strlen(name));
  return a;
}

static int wait_for(int fd, short events, long timeout_ms) {
  struct pollfd p = { .fd = fd, .events = events };
  int ready = poll(&p, 1, timeout_ms > 0 ? timeout_ms : 0);
  return ready == 0 ? ETIMEDOUT : errno_of(ready);
}

/* Connects within the deadline; *fd is the non-blocking socket. */
static int connect_to(int type, const address *to, long timeout_ms, int *fd) {
  int protocol = type == SCTP ? IPPROTO_SCTP : 0;
  *fd = socket(to->any.sa_family, (protocol ? SOCK_STREAM : type) | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (*fd < 0) return errno;
  int error = errno_of(connect(*fd, &to->any, to->length));
  if (error != EINPROGRESS) return error;
  if ((error = wait_for(*fd, POLLOUT, timeout_ms))) return error;
  getsockopt(*fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){ sizeof error });
  return error;
}

static void connect_unix(const address *to) {
  int fd, error = connect_to(SOCK_STREAM, to, TIMEOUT_MS, &fd);
  struct ucred peer;
  printf("\"errno\":%s,\"peer\":", quoted_errno(error));
  if (error || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &(socklen_t){ sizeof peer }) < 0) printf("null");
  else printf("{\"pid\":%d,\"uid\":%u,\"gid\":%u}", peer.pid, peer.uid, peer.gid);
}

void run_peercred(char **args) {
  address to = unix_address(args[0], 0);
  connect_unix(&to);
}

void run_connect(char **args) {
  enum { PATH = -3, ABSTRACT };
  static const struct word families[] = {
    { "tcp", SOCK_STREAM }, { "sctp", SCTP }, { "unix", PATH }, { "unix-abstract", ABSTRACT }, { NULL, 0 } };
  int fd, family = choose(families, args[0]), is_unix = family == PATH || family == ABSTRACT;
  if (is_unix == !!args[2]) usage();
  address to = is_unix ? unix_address(args[1], family == ABSTRACT) : inet_address(args[1], args[2]);
  if (is_unix) connect_unix(&to);
  else printf("\"errno\":%s", quoted_errno(connect_to(family, &to, timeout_or_default(args[3]), &fd)));
}

/* Binds and, for a stream, listens; *step names the call that was refused. */
static int listen_at(int type, const address *at, int v6_only, const char **step, int *fd) {
  *step = "socket";
  *fd = socket(at->any.sa_family, type | SOCK_CLOEXEC, 0);
  if (*fd < 0) return errno;
  if (type == SOCK_STREAM) setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
  if (at->any.sa_family == AF_INET6) setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
  *step = "bind";
  if (bind(*fd, &at->any, at->length) < 0) return errno;
  *step = "listen";
  return type == SOCK_STREAM ? errno_of(listen(*fd, 64)) : 0;
}

static int bound_port(int fd) {
  address at = { .length = sizeof at.local };
  getsockname(fd, &at.any, &at.length);
  return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

void run_bind(char **args) {
  const char *step;
  address at = inet_address(args[1], args[2]);
  int fd, error = listen_at(choose(socket_types, args[0]), &at, 1, &step, &fd);
  printf("\"errno\":%s,", quoted_errno(error));
  if (error) printf("\"step\":\"%s\",\"port\":null", step);
  else printf("\"step\":null,\"port\":%d", bound_port(fd));
}

/* The peer as the server sees it; an IPv4 peer of a dual-stack socket is written as IPv4. */
static int write_reply(char *reply, const char *nonce, const address *peer) {
  char text[INET6_ADDRSTRLEN] = "?";
  const struct in6_addr *v6 = &peer->v6.sin6_addr;
  if (peer->any.sa_family == AF_INET) inet_ntop(AF_INET, &peer->v4.sin_addr, text, sizeof text);
  else if (IN6_IS_ADDR_V4MAPPED(v6)) inet_ntop(AF_INET, &v6->s6_addr[12], text, sizeof text);
  else inet_ntop(AF_INET6, v6, text, sizeof text);
  int length = snprintf(reply, TEXT_LIMIT, "%s %s\n", nonce, text);
  return length < TEXT_LIMIT ? length : TEXT_LIMIT - 1;
}

static int answer_datagram(int fd, const char *nonce) {
  char reply[TEXT_LIMIT], request[TEXT_LIMIT];
  address peer = { .length = sizeof peer.local };
  if (recvfrom(fd, request, sizeof request, 0, &peer.any, &peer.length) < 0) return 0;
  return sendto(fd, reply, write_reply(reply, nonce, &peer), 0, &peer.any, peer.length) >= 0;
}

static int answer_stream(int fd, const char *nonce) {
  char reply[TEXT_LIMIT], request[TEXT_LIMIT];
  address peer = { .length = sizeof peer.local };
  int client = accept4(fd, &peer.any, &peer.length, SOCK_CLOEXEC);
  if (client < 0) return 0;
  send(client, reply, write_reply(reply, nonce, &peer), MSG_NOSIGNAL);
  shutdown(client, SHUT_WR);
  /* Closing with unread input sends RST, which may lose the reply: read what the client sends, for a moment. */
  while (wait_for(client, POLLIN, DRAIN_MS) == 0 && recv(client, request, sizeof request, 0) > 0) {}
  close(client);
  return 1;
}

/* Sends back what comes until the client has no more. */
static int answer_echo(int fd, const char *nonce) {
  static char piece[PIECE];
  size_t done;
  ssize_t got;
  int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
  (void)nonce;
  if (client < 0) return 0;
  while ((got = recv(client, piece, sizeof piece, 0)) > 0 && !write_all(client, piece, got, &done)) {}
  close(client);
  return 1;
}

/* Whatever name is asked for has the one IPv4 address, and no record of another type. */
static int answer_name(int fd, const char *ipv4) {
  enum { HEADER = 12, RECORD = 16 };
  unsigned char message[DNS_LIMIT + RECORD], record[RECORD] = { 0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4 };
  address peer = { .length = sizeof peer.local };
  ssize_t end = HEADER, got = recvfrom(fd, message, DNS_LIMIT, 0, &peer.any, &peer.length);
  while (end < got && message[end]) end += message[end] + 1;
  end += 1 + 4; /* the empty label, type and class */
  if (got < HEADER || end > got || inet_pton(AF_INET, ipv4, record + 12) != 1) return 0;
  int is_ipv4 = message[end - 4] == 0 && message[end - 3] == 1;
  /* A reply, recursion available; one question, and what comes after it is not ours. */
  memcpy(message + 2, (unsigned char[]){ 0x81, 0x80, 0, 1, 0, is_ipv4, 0, 0, 0, 0 }, 10);
  memcpy(message + end, record, RECORD);
  return sendto(fd, message, end + (is_ipv4 ? RECORD : 0), 0, &peer.any, peer.length) >= 0;
}

static void end_by_signal(int number) { _exit(128 + number); }

static const struct service {
  const char *name;
  int type;
  int (*answer)(int fd, const char *nonce); /* whether it counts */
} services[] = {
  { "tcp", SOCK_STREAM, answer_stream }, { "udp", SOCK_DGRAM, answer_datagram },
  { "echo", SOCK_STREAM, answer_echo }, { "dns", SOCK_DGRAM, answer_name }, { NULL, 0, NULL } };

void run_serve(char **args) {
  const char *step, *family = "dual", *only = args[3] ? args[4] : NULL;
  const struct service *service = services;
  while (service->name && strcmp(service->name, args[0])) service++;
  if (!service->name) usage();
  int fd, error = EAFNOSUPPORT, type = service->type;
  long left = args[3] ? natural(args[3], LONG_MAX) : LONG_MAX;
  address any4 = inet_address(only ? only : "0.0.0.0", args[1]), any6 = inet_address("::", args[1]);
  /* PID 1 of a container ignores a signal without a handler, and `docker stop` would take 10 s. */
  signal(SIGTERM, end_by_signal);
  signal(SIGINT, end_by_signal);
  if (!only) error = listen_at(type, &any6, 0, &step, &fd);
  if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL) family = "ipv4", error = listen_at(type, &any4, 0, &step, &fd);
  printf("\"errno\":%s,", quoted_errno(error));
  if (error) printf("\"listening\":null,\"family\":null");
  else printf("\"listening\":%d,\"family\":\"%s\"}\n", bound_port(fd), family);
  fflush(stdout);
  while (!error && left > 0) left -= service->answer(fd, args[2]);
  if (!error) exit(0);
}

int write_all(int fd, const char *text, size_t wanted, size_t *done) {
  for (*done = 0; *done < wanted;) {
    ssize_t put = write(fd, text + *done, wanted - *done);
    int error = put >= 0 ? 0 : errno == EAGAIN ? wait_for(fd, POLLOUT, TIMEOUT_MS) : errno;
    if (error) return error;
    if (put > 0) *done += put;
  }
  return 0;
}

int read_until(int fd, char *text, size_t wanted, long timeout_ms, size_t *done) {
  struct timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (*done = 0; *done < wanted;) {
    int error = wait_for(fd, POLLIN, timeout_ms - elapsed_ms(CLOCK_MONOTONIC, &start));
    if (error) return error;
    ssize_t got = read(fd, text + *done, wanted - *done);
    if (got == 0) return 0;
    if (got < 0 && errno != EAGAIN) return errno;
    if (got > 0) *done += got;
  }
  return 0;
}

static int ask_datagram(int fd, char *text, long timeout_ms, size_t *length) {
  /* A name server answers it too: who are the root's name servers? */
  static const char question[] = "\x12\x24\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1";
  int error = errno_of(send(fd, question, sizeof question - 1, 0));
  if (error || (error = wait_for(fd, POLLIN, timeout_ms))) return error;
  ssize_t got = recv(fd, text, TEXT_LIMIT, 0);
  *length = got > 0 ? got : 0;
  return errno_of(got);
}

void run_fetch(char **args) {
  char text[TEXT_LIMIT];
  size_t length = 0;
  int fd, type = choose(socket_types, args[0]);
  long timeout_ms = timeout_or_default(args[3]);
  address to = inet_address(args[1], args[2]);
  int error = connect_to(type, &to, timeout_ms, &fd);
  if (!error && type == SOCK_STREAM) error = read_until(fd, text, sizeof text, timeout_ms, &length);
  if (!error && type == SOCK_DGRAM) error = ask_datagram(fd, text, timeout_ms, &length);
  printf("\"errno\":%s,\"text\":", quoted_errno(error));
  print_text(text, length);
}

/* One request to an HTTP server behind a path, e.g. a daemon's API: its status, and the beginning of its answer. */
void run_http(char **args) {
  char text[TEXT_LIMIT];
  size_t length = 0;
  int fd, status = 0;
  address to = unix_address(args[0], 0);
  int size = snprintf(text, sizeof text, "%s %s HTTP/1.0\r\nHost: probe\r\nContent-Length: 0\r\n\r\n", args[1], args[2]);
  if (size >= TEXT_LIMIT) usage();
  int error = connect_to(SOCK_STREAM, &to, TIMEOUT_MS, &fd);
  if (!error) error = write_all(fd, text, size, &length);
  length = 0;
  if (!error) error = read_until(fd, text, sizeof text - 1, 60000, &length);
  text[length] = 0;
  if (!error) sscanf(text, "HTTP/1.%*d %d", &status);
  printf("\"errno\":%s,\"status\":%d,\"text\":", quoted_errno(error), status);
  print_text(text, length);
}

/* Tells a byte by its place, so that a lost, doubled or swapped segment shows. */
static char byte_at(size_t place) { return (place * 2654435761u) >> 16; }

void run_transfer(char **args) {
  static char piece[PIECE];
  address to = inet_address(args[0], args[1]);
  size_t wanted = natural(args[2], 1L << 30), sent = 0, received = 0, wrong = 0;
  int fd, error = connect_to(SOCK_STREAM, &to, TIMEOUT_MS, &fd);
  while (!error && received < wanted) {
    size_t length = 0;
    if ((error = wait_for(fd, sent < wanted ? POLLIN | POLLOUT : POLLIN, TIMEOUT_MS))) break;
    for (; length < sizeof piece && sent + length < wanted; length++) piece[length] = byte_at(sent + length);
    ssize_t put = length ? send(fd, piece, length, MSG_NOSIGNAL) : 0;
    if (put < 0 && errno != EAGAIN) error = errno;
    if (put > 0) sent += put;
    ssize_t got = recv(fd, piece, sizeof piece, 0);
    if (got == 0) break;
    if (got < 0 && errno != EAGAIN) error = errno;
    for (ssize_t i = 0; i < got; i++) wrong += piece[i] != byte_at(received + i);
    if (got > 0) received += got;
  }
  printf("\"errno\":%s,\"sent\":%zu,", quoted_errno(error), sent);
  printf("\"received\":%zu,\"wrong\":%zu", received, wrong);
}

/* An echo through the socket that asks for no CAP_NET_RAW but for a group of ping_group_range. */
void run_icmp(char **args) {
  enum { ECHO_REQUEST = 8 };
  char echo[8] = { ECHO_REQUEST }, reply[TEXT_LIMIT];
  address to = inet_address(args[0], "0");
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP), error = errno_of(fd);
  if (!error) error = errno_of(sendto(fd, echo, sizeof echo, 0, &to.any, to.length));
  if (!error) error = wait_for(fd, POLLIN, timeout_or_default(args[1]));
  if (!error) error = errno_of(recv(fd, reply, sizeof reply, 0));
  printf("\"errno\":%s", quoted_errno(error));
}
