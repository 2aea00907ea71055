/*
 * Loaded before a program (LD_PRELOAD): a block of memory of some sizes that was freed is never
 * used again, and touching it ends the program with SIGSEGV. Each such block is a page of its own,
 * and whoever frees one is held up for a moment, so that others that still use it do so then.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void __libc_free(void *);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

#define PAGE 4096UL
#define HEAD 64UL
#define ALL (16UL << 30)
#define HOLD_UP_US 2000

static char *blocks;
static size_t used, least, most;

__attribute__((constructor)) static void begin(void) {
  const char *sizes = getenv("FREED_MEMORY_BYTES");
  if (sizes == NULL) return;
  char *end;
  least = strtoul(sizes, &end, 10);
  most = *end == '-' ? strtoul(end + 1, NULL, 10) : least;
  if (most > PAGE - HEAD) return;
  char *all = mmap(NULL, ALL, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all != MAP_FAILED) __atomic_store_n(&blocks, all, __ATOMIC_RELEASE);
}

static int is_ours(void *block) {
  return blocks != NULL && (char *)block >= blocks && (char *)block < blocks + ALL;
}

static void *page_for(size_t size) {
  char *all = __atomic_load_n(&blocks, __ATOMIC_ACQUIRE);
  if (all == NULL || size < least || size > most) return NULL;
  size_t at = __atomic_fetch_add(&used, PAGE, __ATOMIC_RELAXED);
  if (at + PAGE > ALL || mprotect(all + at, PAGE, PROT_READ | PROT_WRITE) != 0) return NULL;
  *(size_t *)(all + at) = size;
  return all + at + HEAD;
}

static size_t size_of(void *block) { return *(size_t *)((char *)block - HEAD); }

void *malloc(size_t size) {
  void *block = page_for(size);
  return block != NULL ? block : __libc_malloc(size);
}

void *calloc(size_t count, size_t each) {
  size_t size;
  void *block = __builtin_mul_overflow(count, each, &size) ? NULL : page_for(size);
  return block != NULL ? block : __libc_calloc(count, each);
}

void free(void *block) {
  if (!is_ours(block)) {
    __libc_free(block);
    return;
  }
  char *page = (char *)block - HEAD;
  mprotect(page, PAGE, PROT_NONE);
  madvise(page, PAGE, MADV_DONTNEED);
  usleep(HOLD_UP_US);
}

void *realloc(void *block, size_t size) {
  if (!is_ours(block)) return __libc_realloc(block, size);
  void *moved = malloc(size);
  if (moved == NULL) return NULL;
  memcpy(moved, block, size_of(block) < size ? size_of(block) : size);
  free(block);
  return moved;
}

size_t malloc_usable_size(void *block) {
  if (is_ours(block)) return size_of(block);
  static size_t (*theirs)(void *);
  if (theirs == NULL) theirs = (size_t (*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
  return theirs(block);
}
