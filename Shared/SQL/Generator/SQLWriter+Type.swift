extension SQLWriter {
    mutating func type(_ type: DataType) {
        switch type.kind {
        case .array(let element):
            if dialect.traits.types.arraysAreSuffixed {
                self.type(element)
                return write("[]")
            }
            write("ARRAY<")
            self.type(element)
            return write(">")
        case .range(let element):
            write("RANGE<")
            self.type(element)
            return write(">")
        case .structure(let fields):
            write("STRUCT")
            if fields.isEmpty { return }
            write("<")
            list(fields) { writer, field in
                if let name = field.name {
                    writer.name(name)
                    writer.write(" ")
                }
                writer.type(field.type)
                writer.constraints(field.constraints)
            }
            return write(">")
        case .named(let name):
            self.name(name)
            return typeParameters(type.parameters)
        default: break
        }
        let types = dialect.traits.types
        var name = types.names[type.kind] ?? "\(type.kind)"
        if let written = type.written.value, !style.canonical, types.kinds[written] == type.kind {
            name = types.namesAreUpperCase ? written.uppercased() : written
        }
        // `timestamp(3) with time zone`: the parameters stand in the middle.
        if !type.parameters.isEmpty, let space = name.firstIndex(of: " "), name.hasSuffix("time zone") {
            write(string: String(name[..<space]))
            typeParameters(type.parameters)
            return write(string: String(name[space...]))
        }
        write(string: name)
        if let fields = type.intervalFields {
            write(" ")
            write(string: fields)
        }
        typeParameters(type.parameters)
    }

    private mutating func typeParameters(_ parameters: [Int]) {
        guard !parameters.isEmpty else { return }
        write("(")
        list(parameters) { writer, number in
            if number == .max { writer.write("MAX") } else { writer.write(number) }
        }
        write(")")
    }
}
