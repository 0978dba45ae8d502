import Bytes

/// A turn that tells a model what was wrong with its last answer: both are sealed like the rest of
/// the conversation.
final class Correction: Sendable {
    /// More than so many are not made for one choice.
    static let countMax = 2

    /// What the model wrote, and what it is told.
    let said: Buffer
    let told: Buffer

    init(said: Span<UInt8>, _ fault: OutputFault, at place: borrowing Buffer) {
        self.said = Buffer(said)
        var told = Buffer()
        fault.write(place, to: &told)
        self.told = told
    }
}
