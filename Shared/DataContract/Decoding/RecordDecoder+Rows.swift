extension RecordDecoder {
    /// Appends the row that the slots hold.
    func append(_ message: UnsafeRawBufferPointer, at position: MessagePosition, to sink: inout some RowSink) {
        sink.beginRow(columns: fields.count + Contract.sinkColumns.count)
        for index in fields.indices {
            let type = fields[index].property.columnType
            switch slots[index] {
            case .absent, .null: sink.appendNull()
            case .message(let start, let end):
                append(UnsafeRawBufferPointer(rebasing: message[start..<end]), type, to: &sink)
            case .scratch(let start, let end): scratch.withBytes(start..<end) { append($0, type, to: &sink) }
            case .integer(let value): append(value, type, to: &sink)
            case .double(let value): sink.append(double: value)
            case .boolean(let value): sink.append(boolean: value)
            }
        }
        topic.withUnsafeBytes { sink.append(text: $0) }
        sink.append(integer: position.partition)
        sink.append(bigint: position.offset)
        sink.append(timestamp: position.ingestedAt)
        if extra.count == 0 {
            sink.appendNull()
        } else {
            extra.append(UInt8(ascii: "}"))
            extra.withBytes(0..<extra.count) { sink.append(json: $0) }
        }
    }

    @inline(__always)
    private func append(_ bytes: UnsafeRawBufferPointer, _ type: ColumnType, to sink: inout some RowSink) {
        switch type {
        case .jsonb: sink.append(json: bytes)
        case .numeric, .decimal: sink.append(number: bytes)
        default: sink.append(text: bytes)
        }
    }

    @inline(__always)
    private func append(_ value: Int64, _ type: ColumnType, to sink: inout some RowSink) {
        switch type {
        case .integer: sink.append(integer: Int32(truncatingIfNeeded: value))
        case .timestamptz: sink.append(timestamp: value)
        case .date: sink.append(date: Int32(truncatingIfNeeded: value))
        default: sink.append(bigint: value)
        }
    }
}
