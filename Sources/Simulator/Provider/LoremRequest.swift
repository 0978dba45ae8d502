/// What a prompt to the lorem model may choose: `rate=20 chunks=60 bytes=40` anywhere in the text.
struct LoremRequest {
    private static let chunkCountMax = 1_000_000
    private static let byteCountMax = 1_000_000
    private static let rateMax = 1000

    /// Chunks a second; 0 for all at once.
    private var rate = 20
    private(set) var chunkCount = 60
    /// Of each chunk; nil for one word each.
    private(set) var byteCount: Int?

    init(_ text: String) {
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "," }) {
            let sides = word.split(separator: "=")
            guard sides.count == 2, let number = Int(sides[1]), number >= 0 else { continue }
            switch sides[0] {
            case "rate": rate = min(number, Self.rateMax)
            case "chunks": chunkCount = min(number, Self.chunkCountMax)
            case "bytes": byteCount = min(number, Self.byteCountMax)
            default: continue
            }
        }
    }

    var millisecondsBetween: Int { rate == 0 ? 0 : 1000 / rate }
}
