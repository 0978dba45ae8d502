import Bytes

/// What a misbehaviour makes of a sound reply.
extension Reply {
    private static let hugeLineByteCount = 9_000_000

    /// - `steps`: those of the answer's body, from the role to the texts, which are spoiled here
    ///   and ended as the misbehaviour wants it.
    mutating func spoil(as misbehaviour: Misbehaviour) {
        switch misbehaviour {
        case .byteByByte: framing = .byByte
        case .manyPerRecord: framing = .gathered
        case .crlf: endsLinesWithReturns = true
        case .stallBeforeHead: steps = [.stall]
        case .garbage: steps = [.wire(Array("this is not HTTP\r\n\r\n".utf8)), .close]
        case .redirect: self = .redirect
        case .noFinish: steps.removeAll { if case .finish = $0 { true } else { false } }
        case .unknownFinish: replaceFinish(with: "because")
        case .noDone: steps.removeAll { $0 == .done }
        case .comments: addComments()
        default:
            spoilTexts(as: misbehaviour)
            spoilCourse(as: misbehaviour)
        }
    }

    private mutating func spoilTexts(as misbehaviour: Misbehaviour) {
        switch misbehaviour {
        case .alteredTag: damage(.alteredTag)
        case .wrongKey: damage(.wrongKey)
        case .clearText: damage(.clearText)
        case .shortEnvelope: damage(.tooShort)
        case .repeatedEnvelope:
            insertMidway([.text(.content, [], .repeated)])
        case .splitCharacter:
            insertMidway([
                .text(.content, [0xF0, 0x9F], .none), .text(.content, [0x98, 0x80], .none),
            ])
        case .clearToolCalls:
            insertMidway([.event(Self.toolCalls)])
        case .twoChoices:
            insertMidway([.event(Self.twoChoices)])
        default: break
        }
    }

    private mutating func spoilCourse(as misbehaviour: Misbehaviour) {
        switch misbehaviour {
        case .cutMidway: endMidway(with: [.cut])
        case .closeMidway: endMidway(with: [.close])
        case .stallMidway: endMidway(with: [.stall])
        case .errorFirst: steps = [Self.streamHead, .event(Self.error), .done, .end]
        case .errorMidway: endMidway(with: [.event(Self.error), .done, .end])
        case .badChunkSize: endMidway(with: [.wire(Array("zz\r\n".utf8)), .close])
        case .hugeLine:
            let line = [UInt8](repeating: .colon, count: Self.hugeLineByteCount)
            insertMidway([.raw(line + [.lineFeed])])
        default: break
        }
    }

    private static let error =
        #"{"error":{"message":"A simulated failure.","type":"server_error","code":500,"param":null}}"#

    private static let toolCalls =
        #"{"id":"simulated","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","#
        + #""type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]}"#

    private static let twoChoices =
        #"{"id":"simulated","choices":[{"index":0,"delta":{},"finish_reason":null},"#
        + #"{"index":1,"delta":{},"finish_reason":null}]}"#

    /// Behind the first text.
    private var midway: Int {
        let first = steps.firstIndex { if case .text = $0 { true } else { false } }
        return first.map { $0 + 1 } ?? steps.count
    }

    private mutating func insertMidway(_ extra: [ReplyStep]) {
        steps.insert(contentsOf: extra, at: midway)
    }

    private mutating func endMidway(with end: [ReplyStep]) {
        steps = steps[..<midway] + [.pause(milliseconds: 1)] + end
    }

    /// Spoils the second text, so that one sound text comes before it; the first where it is alone.
    private mutating func damage(_ damage: ReplyStep.Damage) {
        let texts = steps.indices.filter { if case .text = steps[$0] { true } else { false } }
        guard let index = texts.dropFirst().first ?? texts.first,
            case .text(let field, let bytes, _) = steps[index]
        else { return }
        steps[index] = .text(field, bytes, damage)
    }

    private mutating func replaceFinish(with reason: String) {
        for index in steps.indices {
            if case .finish = steps[index] { steps[index] = .finish(reason) }
        }
    }

    private mutating func addComments() {
        let comment = ReplyStep.raw(Array(": simulated\n\nid: 7\nretry: 10\n".utf8))
        steps = steps.flatMap { step -> [ReplyStep] in
            if case .text = step { [comment, step] } else { [step] }
        }
    }
}
