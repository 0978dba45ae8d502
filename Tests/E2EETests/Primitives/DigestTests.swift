import Testing
import TestSupport

@testable import E2EE

@Suite struct DigestTests {
    @Test func `SHA-256 and SHA-384 of abc are those of the standard`() throws {
        let text = bytes("abc")
        #expect(
            toHex(try Digest.sha256(text.span))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            toHex(try Digest.sha384(text.span))
                == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                + "8086072ba1e7cc2358baeca134c825a7")
    }

    @Test func `nothing has a digest too`() throws {
        let nothing: [UInt8] = []
        #expect(
            toHex(try Digest.sha256(nothing.span))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
