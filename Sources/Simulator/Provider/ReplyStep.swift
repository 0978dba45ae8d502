/// One step of answering a request. A reply is a list of them, carried out in order.
enum ReplyStep: Equatable {
    enum Field: String { case content, reasoning = "reasoning_content" }

    /// What happens to one envelope on its way.
    enum Damage {
        case none
        case alteredTag
        case wrongKey
        case clearText
        case tooShort
        /// The envelope of the text before, once more.
        case repeated
    }

    /// Bytes outside of the body's framing: a head, a whole answer, or nonsense.
    case wire([UInt8])
    /// The event that names the role.
    case role
    /// One sealed text. Its bytes need not be whole characters.
    case text(Field, [UInt8], Damage)
    case finish(String)
    case usage
    /// A whole event as it is.
    case event(String)
    /// Bytes of the stream as they are.
    case raw([UInt8])
    case done
    /// The last chunk.
    case end
    case pause(milliseconds: Int)
    /// Nothing happens any more, and the connection stays.
    case stall
    /// The connection ends without TLS's farewell.
    case cut
    /// TLS says farewell, and the connection ends.
    case close

    static func content(_ text: String) -> ReplyStep { .text(.content, Array(text.utf8), .none) }
}
