#include <zlib.h>

/// inflateInit2 is a macro, which Swift does not see. 15 + 32: zlib's and gzip's headers are told apart by themselves;
/// -15: a bare deflate stream.
static inline int millrace_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }

/// deflateInit2 is a macro as well. 15 + 16: gzip's header and trailer.
static inline int millrace_gzip_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

static inline int millrace_inflate(z_stream *stream) { return inflate(stream, Z_NO_FLUSH); }
