// BlockingIO
