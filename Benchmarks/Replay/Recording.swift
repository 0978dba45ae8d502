import Bytes
import E2EE
import Glibc
import Proxy

/// A provider's stream in memory, one text of 32 bytes an event, and the proxy's way through it.
struct Recording: ~Copyable {
    /// As much as the loop hands on at a time.
    private static let pieceByteCount = 16 * 1024

    private var replay: AnswerReplay
    private let body: [UInt8]

    init(_ count: Int, hasFreshKeys: Bool) throws {
        var entropy = SystemEntropy()
        let opener = try Opener(entropy: &entropy)
        var digits = SealedTexts.Sealing(to: opener.publicKey, hasFreshKeys: hasFreshKeys)
        var body = Buffer()
        for _ in 0..<count {
            body.append(#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"#)
            body.append(#""model":"maker/model","choices":[{"index":0,"delta":{"content":""#)
            try digits.seal(into: &body)
            body.append("\"},\"finish_reason\":null}]}\n\n")
        }
        let replay = try AnswerReplay(opening: opener)
        self.body = body.readable.array
        self.replay = replay
    }

    /// Opens all of it. - Returns: nanoseconds of the thread's CPU.
    mutating func relay() -> Int {
        let body = body
        let start = CPUTime.now
        var offset = 0
        while offset < body.count {
            let end = min(offset + Self.pieceByteCount, body.count)
            guard replay.take(body.span.extracting(offset..<end)) else {
                fatalError("an answer that does not open")
            }
            offset = end
        }
        return CPUTime.now - start
    }
}

/// The same texts without anything around them.
struct SealedTexts: ~Copyable {
    struct Sealing: ~Copyable {
        private let key: PublicKey
        private let hasFreshKeys: Bool
        private var sealer: Sealer?
        private var entropy = SystemEntropy()

        init(to key: PublicKey, hasFreshKeys: Bool) {
            self.key = key
            self.hasFreshKeys = hasFreshKeys
        }

        mutating func seal(into output: inout Buffer) throws {
            if hasFreshKeys || sealer == nil {
                sealer = try Sealer(toUnverified: key, entropy: &entropy)
            }
            let text = InlineArray<32, UInt8>(repeating: 0x61)
            try sealer?.seal(text.span, entropy: &entropy, into: &output)
        }
    }

    private var opener: Opener
    private let digits: [UInt8]
    private let count: Int

    init(_ count: Int, hasFreshKeys: Bool) throws {
        var entropy = SystemEntropy()
        let opener = try Opener(entropy: &entropy)
        var sealing = Sealing(to: opener.publicKey, hasFreshKeys: hasFreshKeys)
        var digits = Buffer()
        for _ in 0..<count { try sealing.seal(into: &digits) }
        self.digits = digits.readable.array
        self.count = count
        self.opener = opener
    }

    /// Point, agreement, derivation, cipher and hex of every text, and nothing else.
    mutating func open() throws -> Int {
        let digits = digits
        let start = CPUTime.now
        let digitCount = digits.count / count
        var output = Buffer()
        for index in 0..<count {
            let range = (index * digitCount)..<((index + 1) * digitCount)
            try opener.open(digits.span.extracting(range), into: &output)
            output.clear()
        }
        return CPUTime.now - start
    }
}

/// The clock of the calling thread's own work.
enum CPUTime {
    static var now: Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
