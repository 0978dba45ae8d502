import Testing
import TestSupport

@testable import E2EE

@Suite struct Keccak256Tests {
    @Test(arguments: [
        ("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        ("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (
            "The quick brown fox jumps over the lazy dog",
            "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15"
        ),
    ])
    func `known texts have known digests`(text: String, digest: String) {
        #expect(toHex(Keccak256.digest(bytes(text).span)) == digest)
    }

    /// Compared with an independent implementation: 135, 136 and 137 bytes of 0x61.
    @Test(arguments: [
        (135, "34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446"),
        (136, "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e"),
        (137, "d869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39"),
    ])
    func `a block's edge is padded rightly`(count: Int, digest: String) {
        #expect(toHex(Keccak256.digest([UInt8](repeating: 0x61, count: count).span)) == digest)
    }
}
