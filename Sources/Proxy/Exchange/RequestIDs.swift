import Bytes
import E2EE

/// Names requests: a random part for the process and a running number.
struct RequestIDs {
    private let process: String
    private(set) var count = 0

    init<E: Entropy>(entropy: inout E) throws(E2EEError) {
        var random = Buffer()
        try random.append(atMost: 4) { (bytes) throws(E2EEError) -> Int in
            try entropy.fill(&bytes)
            return 4
        }
        process = Hex.string(random.readable)
    }

    mutating func next() -> String {
        count += 1
        let digits = String(count, radix: 16)
        return "req-\(process)-\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)"
    }
}
