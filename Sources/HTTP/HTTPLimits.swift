/// How much of a message is read before its sender is refused. All counts are bytes on the wire.
public struct HTTPLimits: Sendable {
    /// The start line, the fields and their line endings.
    public var headByteCountMax: Int
    /// The request target as written.
    public var targetByteCountMax: Int
    public var fieldCountMax: Int
    /// The content, without what frames it.
    public var bodyByteCountMax: Int
    /// The chunk extensions of one body in sum.
    public var extensionByteCountMax: Int
    /// The trailer section of one body.
    public var trailerByteCountMax: Int
    /// The 1xx responses before one final response.
    public var interimResponseCountMax: Int

    public init(
        headByteCountMax: Int = 64 << 10,
        targetByteCountMax: Int = 8 << 10,
        fieldCountMax: Int = 128,
        bodyByteCountMax: Int = 32 << 20,
        extensionByteCountMax: Int = 16 << 10,
        trailerByteCountMax: Int = 16 << 10,
        interimResponseCountMax: Int = 16
    ) {
        self.headByteCountMax = headByteCountMax
        self.targetByteCountMax = targetByteCountMax
        self.fieldCountMax = fieldCountMax
        self.bodyByteCountMax = bodyByteCountMax
        self.extensionByteCountMax = extensionByteCountMax
        self.trailerByteCountMax = trailerByteCountMax
        self.interimResponseCountMax = interimResponseCountMax
    }
}
