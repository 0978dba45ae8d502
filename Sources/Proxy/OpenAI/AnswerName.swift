import Bytes

/// What all objects of one answer are called: the same in every chunk.
struct AnswerName {
    private(set) var id: String
    /// Seconds since 1970.
    private(set) var created: Int
    /// As the client asked for it, whatever the provider calls it.
    let model: String
    private var isTaken = false

    /// - `id`: what the answer is called where the provider does not name it in the usual form.
    init(id: String, created: Int, model: String) {
        self.id = id
        self.created = created
        self.model = model
    }

    /// Takes id and date over from the answer's first chunk, where they are of the usual form.
    mutating func take(from chunk: ChatChunk, in data: Span<UInt8>) {
        guard !isTaken else { return }
        isTaken = true
        if let value = chunk.id?.text(in: data), Self.isPlain(value) { id = value }
        created = chunk.created?.decimal(in: data) ?? created
    }

    private static func isPlain(_ id: String) -> Bool {
        1...128 ~= id.utf8.count
            && id.utf8.allSatisfy {
                $0.isLetter || $0.isDigit || $0 == .ascii("-") || $0 == .ascii("_")
                    || $0 == .ascii(".") || $0 == .ascii(":")
            }
    }

    /// Appends the beginning of an object, up to the value of `choices`.
    func write(_ object: StaticString, to output: inout Buffer) {
        output.append("{\"id\":")
        output.append(jsonString: id)
        output.append(",\"object\":\"")
        output.append(object)
        output.append("\",\"created\":")
        output.append(decimal: created)
        output.append(",\"model\":")
        output.append(jsonString: model)
        output.append(",\"choices\":")
    }
}
