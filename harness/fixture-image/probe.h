/* What the two files of probe share. */
#define _GNU_SOURCE
#include <limits.h>
#include <sys/types.h>
#include <time.h>

enum { TIMEOUT_MS = 5000 };

struct word { const char *name; int value; };

/* Arguments: whatever does not parse ends the process with the usage and status 2. */
void usage(void);
long number(const char *text);
long natural(const char *text, long max);
long timeout_or_default(const char *text);
int choose(const struct word *words, const char *name);

/* Output: errno as a JSON value ("EPERM", null, or the number where we have no name), text as a JSON string. */
const char *quoted_errno(int error);
void print_text(const char *bytes, size_t length);

/* The errno of a call that returns less than 0 on failure, else 0. */
int errno_of(long returned);
long long raise_files(void);
long elapsed_ms(clockid_t clock, const struct timespec *since);

/* Both return an errno. Reading ends at end of file, `wanted` bytes or the deadline (ETIMEDOUT); *done is kept. */
int write_all(int fd, const char *text, size_t wanted, size_t *done);
int read_until(int fd, char *text, size_t wanted, long timeout_ms, size_t *done);

void run_bind(char **args);
void run_burst(char **args);
void run_connect(char **args);
void run_fetch(char **args);
void run_http(char **args);
void run_icmp(char **args);
void run_peercred(char **args);
void run_serve(char **args);
void run_transfer(char **args);
