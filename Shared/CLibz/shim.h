#include <zlib.h>

/// inflateInit2 is a macro, which Swift does not see. 15 + 32: zlib's and gzip's headers are told apart by themselves;
/// -15: a bare deflate stream.
static inline int millrace_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }

static inline int millrace_inflate(z_stream *stream) { return inflate(stream, Z_NO_FLUSH); }
