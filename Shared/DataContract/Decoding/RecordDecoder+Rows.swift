// From slots to a row. Inlinable, so that the compiler makes one plain loop of it for each kind of row sink.

extension RecordDecoder {
    /// Appends the row that the slots hold.
    @inlinable
    func append<Sink: RowSink>(
        _ message: UnsafeRawBufferPointer, at position: MessagePosition, to sink: inout Sink
    ) {
        sink.beginRow(columns: rowWidth)
        for index in 0..<columnCount {
            switch slots[index] {
            case .absent, .null: sink.appendNull()
            case .message(let start, let end):
                append(UnsafeRawBufferPointer(rebasing: message[start..<end]), columnTypes[index], to: &sink)
            case .scratch(let start, let end): append(scratch.bytes(start..<end), columnTypes[index], to: &sink)
            case .integer(let value): append(value, columnTypes[index], to: &sink)
            case .double(let value): sink.append(double: value)
            case .boolean(let value): sink.append(boolean: value)
            }
        }
        sink.append(text: UnsafeRawBufferPointer(topic))
        sink.append(integer: position.partition)
        sink.append(bigint: position.offset)
        sink.append(timestamp: position.ingestedAt)
        if extra.count == 0 {
            sink.appendNull()
        } else {
            extra.append(UInt8(ascii: "}"))
            sink.append(json: extra.bytes(0..<extra.count))
        }
    }

    @inlinable
    func append<Sink: RowSink>(_ bytes: UnsafeRawBufferPointer, _ type: ColumnType, to sink: inout Sink) {
        switch type {
        case .jsonb: sink.append(json: bytes)
        case .numeric, .decimal: sink.append(number: bytes)
        default: sink.append(text: bytes)
        }
    }

    @inlinable
    func append<Sink: RowSink>(_ value: Int64, _ type: ColumnType, to sink: inout Sink) {
        switch type {
        case .integer: sink.append(integer: Int32(truncatingIfNeeded: value))
        case .timestamptz: sink.append(timestamp: value)
        case .date: sink.append(date: Int32(truncatingIfNeeded: value))
        default: sink.append(bigint: value)
        }
    }
}
