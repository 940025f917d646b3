import RawSink
