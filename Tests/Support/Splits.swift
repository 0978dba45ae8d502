/// `bytes` cut into pieces of `size` bytes (the last may be shorter).
public func pieces(of bytes: [UInt8], size: Int) -> [[UInt8]] {
    precondition(size > 0, "pieces of nothing never end")
    return stride(from: 0, to: bytes.count, by: size).map {
        Array(bytes[$0..<min($0 + size, bytes.count)])
    }
}

/// Every way to cut `bytes` in two, both ends included.
public func everySplit(of bytes: [UInt8]) -> [[[UInt8]]] {
    (0...bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
}

/// The ASCII or UTF-8 bytes of `text`.
public func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The ways in which a peer may deliver `bytes`: whole, byte by byte, and cut in two anywhere.
public func everyDelivery(of bytes: [UInt8]) -> [[[UInt8]]] {
    [[bytes], pieces(of: bytes, size: 1)] + everySplit(of: bytes)
}
