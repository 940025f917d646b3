// RawSink
