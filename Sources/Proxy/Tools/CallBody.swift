import Bytes

/// How far the body of a call was read: enough of its syntax to know where it ends. Markers inside
/// a JSON string and inside an `<arg_value>` are text.
struct CallBody {
    enum End: Equatable {
        case needsMore
        /// `offset` is at the closing marker.
        case closed
        /// `offset` is at the opening marker of another call, and this one is complete.
        case nextOpens
    }

    private enum State: Equatable {
        case start
        case json(depth: Int, isInString: Bool, isEscaped: Bool)
        /// After the JSON value, or between the tags of pairs.
        case between
        case value
    }

    private static let valueOpen: StaticString = "<arg_value>"
    private static let valueClose: StaticString = "</arg_value>"

    private var state = State.start
    /// Bytes of the body that were read.
    private(set) var offset = 0
    /// What was read is a whole JSON value or a whole list of pairs, and white space.
    private(set) var isComplete = false

    /// Whether `call`, which has no end, was meant to be one: JSON or a key follows its marker.
    static func isMeant(_ call: Span<UInt8>) -> Bool {
        let marker = call.blankCount + CallFinder.open.utf8CodeUnitCount
        let body = call.extracting(min(marker, call.count)..<call.count)
        let start = body.blankCount
        guard start < body.count else { return false }
        return body[start] == .ascii("{") || call.firstRange(of: "<arg_key>") != nil
    }

    mutating func advance(in body: Span<UInt8>) -> End {
        while offset < body.count {
            switch state {
            case .start:
                if body[offset].isBlank {
                    offset += 1
                } else if body[offset] == .ascii("{") {
                    state = .json(depth: 0, isInString: false, isEscaped: false)
                } else {
                    state = .between
                }
            case .json(let depth, let isInString, let isEscaped):
                if !isInString, body[offset] == .ascii("<") {
                    if let end = mark(in: body, knowsValues: false) { return end }
                } else {
                    passJSON(body[offset], depth, isInString, isEscaped)
                }
            case .between:
                if body[offset] == .ascii("<") {
                    if let end = mark(in: body, knowsValues: true) { return end }
                } else {
                    if !body[offset].isBlank { isComplete = false }
                    offset += 1
                }
            case .value:
                switch body.extracting(offset..<body.count).begins(with: Self.valueClose) {
                case true:
                    offset += Self.valueClose.utf8CodeUnitCount
                    state = .between
                    isComplete = true
                case false: offset += 1
                case nil: return .needsMore
                }
            }
        }
        return .needsMore
    }

    private mutating func passJSON(
        _ byte: UInt8, _ depth: Int, _ isInString: Bool, _ isEscaped: Bool
    ) {
        offset += 1
        if isInString {
            let escapes = !isEscaped && byte == .backslash
            let ends = !isEscaped && byte == .quote
            state = .json(depth: depth, isInString: !ends, isEscaped: escapes)
            return
        }
        switch byte {
        case .quote: state = .json(depth: depth, isInString: true, isEscaped: false)
        case .ascii("{"), .ascii("["):
            state = .json(depth: depth + 1, isInString: false, isEscaped: false)
        case .ascii("}"), .ascii("]"):
            isComplete = depth <= 1
            state =
                depth <= 1
                ? .between : .json(depth: depth - 1, isInString: false, isEscaped: false)
        default: break
        }
    }

    /// Judges the angle bracket that stands here; nil where reading goes on behind it.
    private mutating func mark(in body: Span<UInt8>, knowsValues: Bool) -> End? {
        let rest = body.extracting(offset..<body.count)
        let closes = rest.begins(with: CallFinder.close)
        let opens = rest.begins(with: CallFinder.open)
        let isValue = knowsValues ? rest.begins(with: Self.valueOpen) : false
        if closes == true { return .closed }
        // A marker in the middle of a call is part of what is wrong with it.
        if opens == true, isComplete { return .nextOpens }
        if closes == nil || opens == nil || isValue == nil { return .needsMore }
        isComplete = false
        if isValue == true {
            offset += Self.valueOpen.utf8CodeUnitCount
            state = .value
        } else {
            offset += 1
        }
        return nil
    }
}
