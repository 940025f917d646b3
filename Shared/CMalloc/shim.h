#include <malloc.h>

/// Swift's Glibc has no malloc.h. Where the C library has no arenas, there is nothing to do.
static inline void millrace_one_heap(void) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 1);
#endif
}
