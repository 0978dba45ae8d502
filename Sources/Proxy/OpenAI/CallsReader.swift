import Bytes

/// Reads the calls of an assistant's turn, in the newer member or the older.
struct CallsReader {
    /// The number of the message.
    let message: Int

    /// Made for errors alone.
    private var path: String { "messages[\(message)]" }

    func read(
        _ calls: JSONValue?, _ oldCall: JSONValue?, in body: Span<UInt8>
    ) throws(APIError) -> [ChatMessage.Call] {
        if let oldCall, oldCall.kind != .null {
            guard calls == nil || calls?.kind == .null else {
                throw .badRequest(
                    "invalid_value", "'tool_calls' and 'function_call' cannot both be given.",
                    param: "\(path).function_call")
            }
            return [try call(oldCall, id: nil, "\(path).function_call", in: body)]
        }
        guard let calls, calls.kind != .null else { return [] }
        guard calls.kind == .array else {
            throw .badRequest(
                "invalid_type", "'tool_calls' must be an array.", param: "\(path).tool_calls")
        }
        var read: [ChatMessage.Call] = []
        try calls.forEachElement(in: body) { (element) throws(APIError) in
            let callPath = "\(path).tool_calls[\(read.count)]"
            guard read.count < ToolSet.countMax else {
                throw .badRequest(
                    "too_many_tools", "A turn has at most \(ToolSet.countMax) calls.",
                    param: "\(path).tool_calls")
            }
            guard let id = element.member("id", in: body), id.kind == .string,
                let function = element.member("function", in: body)
            else {
                throw .badRequest(
                    "invalid_type", "A call needs an id and a function.", param: callPath)
            }
            read.append(try call(function, id: id, "\(callPath).function", in: body))
        }
        return read
    }

    private func call(
        _ function: JSONValue, id: JSONValue?, _ path: String, in body: Span<UInt8>
    ) throws(APIError) -> ChatMessage.Call {
        guard let name = function.member("name", in: body), name.kind == .string,
            let arguments = function.member("arguments", in: body), arguments.kind == .string
        else {
            throw .badRequest(
                "invalid_type", "A called function needs a name, and arguments as a string.",
                param: path)
        }
        var text = Buffer()
        JSONString.decode(arguments, in: body, to: &text)
        guard text.isEmpty || JSONDocument.checkedRoot(of: text.readable)?.kind == .object else {
            throw .badRequest(
                "invalid_value", "The arguments of a call are the JSON text of an object.",
                param: "\(path).arguments")
        }
        return ChatMessage.Call(id: id, name: name, arguments: arguments)
    }
}

extension [ChatMessage] {
    /// Finds for every result the call it answers. Each call of a turn is answered once, before
    /// anything else is said. Source: OpenAI API reference, function calling.
    /// - Throws: a 400 that names the message.
    mutating func matchResults(in body: Span<UInt8>) throws(APIError) {
        var index = 0
        while index < count {
            guard self[index].role != .tool else {
                throw .badRequest(
                    "invalid_value", "This result answers no call of a turn before it.",
                    param: "messages[\(index)]")
            }
            let turn = index
            index += 1
            guard !self[turn].calls.isEmpty else { continue }
            var open = Set(self[turn].calls.indices)
            while index < count, self[index].role == .tool {
                guard let call = self[turn].call(answeredBy: self[index], in: body),
                    open.remove(call) != nil
                else {
                    throw .badRequest(
                        "invalid_value", "This result answers no open call of the turn before it.",
                        param: "messages[\(index)]")
                }
                self[index].callIndex = call
                index += 1
            }
            guard open.isEmpty else {
                throw .badRequest(
                    "invalid_value", "A call of this turn has no result.",
                    param: "messages[\(turn)].tool_calls")
            }
        }
    }
}

extension ChatMessage {
    fileprivate func call(answeredBy message: ChatMessage, in body: Span<UInt8>) -> Int? {
        guard let answers = message.answers else { return nil }
        return calls.firstIndex { call in
            JSONString.equal(call.id ?? call.name, in: body, answers, in: body)
        }
    }
}
