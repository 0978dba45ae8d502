/// What a chunk costs from the provider's body to the client's outbox, without sockets, beside the
/// bare arithmetic it cannot do without (point, agreement, derivation, cipher, hex). Both take
/// turns in every round; ratios are medians of the rounds' own.
///
///     ReplayBenchmark                    both cases, on one thread and on two
///     ReplayBenchmark --count N [same]   opens N chunks once, for counting instructions
@main enum ReplayBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        if let index = arguments.firstIndex(of: "--count"), index + 1 < arguments.count,
            let count = Int(arguments[index + 1])
        {
            var recording = try Recording(count, hasFreshKeys: !arguments.contains("same"))
            _ = recording.relay()
            return
        }
        for (name, hasFreshKeys, count) in [
            ("fresh key per chunk", true, 2_000), ("one key per response", false, 100_000),
        ] {
            try compare(name, count, hasFreshKeys)
            try scale(name, count, hasFreshKeys)
        }
    }

    private static func compare(_ name: String, _ count: Int, _ hasFreshKeys: Bool) throws {
        var ratios: [Double] = []
        var costs: [Double] = []
        for _ in 0..<7 {
            var texts = try SealedTexts(count, hasFreshKeys: hasFreshKeys)
            var recording = try Recording(count, hasFreshKeys: hasFreshKeys)
            let bare = try texts.open()
            let whole = recording.relay()
            ratios.append(Double(whole) / Double(bare))
            costs.append(Double(whole) / Double(count))
        }
        print(
            "\(name): \(Int(median(costs))) ns of CPU a chunk, \(rounded(median(ratios))) of the bare"
        )
        print("    arithmetic (rounds \(ratios.map(rounded).joined(separator: ", ")))")
    }

    /// How much more two threads do than one in the same time, each with a stream of its own.
    private static func scale(_ name: String, _ count: Int, _ hasFreshKeys: Bool) throws {
        var ratios: [Double] = []
        for _ in 0..<7 {
            let alone = try Threads.run(1, count, hasFreshKeys)
            let both = try Threads.run(2, count, hasFreshKeys)
            ratios.append(2 * Double(alone) / Double(both))
        }
        print("\(name): two threads over one \(rounded(median(ratios)))")
        print("    (rounds \(ratios.map(rounded).joined(separator: ", ")))")
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func rounded(_ value: Double) -> String {
        let hundredths = Int((value * 1000).rounded())
        let digits = String(hundredths % 1000)
        return "\(hundredths / 1000).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
    }
}
