// What Swift's Glibc does not have of the C library's ways to take less memory.
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/// All threads share one heap from here on. Where the C library has no heaps by thread, there is nothing to do.
static inline void millrace_one_heap(void) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 1);
#endif
}

extern char __executable_start[];
extern char etext[];

/// Gives back the pages of the executable's code and constants that were read until now. They are never written to, so
/// those that are needed again come back from the page cache.
static inline void millrace_give_back_code(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = ((uintptr_t)__executable_start + page - 1) / page * page;
    uintptr_t end = (uintptr_t)etext / page * page;
    if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
}
