/*
 * Loaded before a program (LD_PRELOAD): the first thread beside the main one that reads the number
 * 0 stands still for HELD_UP_MS. In Node that is a worker which loads isolated-vm, the first of its
 * process: flags of V8 are set to 0 before the library is ready for other threads.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* stdlib.h has other names for what follows, by the standard that the compiler goes by */
extern char *getenv(const char *);

static int is_over;

static void hold_up(const char *text) {
  if (strcmp(text, "0") != 0 || syscall(SYS_gettid) == getpid()) return;
  const char *digits = getenv("HELD_UP_MS");
  if (digits == NULL || __atomic_exchange_n(&is_over, 1, __ATOMIC_RELAXED)) return;
  int ms = 0;
  for (; *digits >= '0' && *digits <= '9'; digits++) ms = 10 * ms + (*digits - '0');
  for (; ms > 0; ms--) usleep(1000);
}

#define HELD_UP(type, name)                         \
  type name(const char *text, char **end, int base) { \
    type (*real)(const char *, char **, int);         \
    *(void **)&real = dlsym(RTLD_NEXT, #name);        \
    hold_up(text);                                    \
    return real(text, end, base);                     \
  }

HELD_UP(long, strtol)
HELD_UP(unsigned long, strtoul)
HELD_UP(long long, strtoll)
HELD_UP(unsigned long long, strtoull)
