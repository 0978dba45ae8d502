import Testing

@testable import E2EE

@Suite struct PublicKeyTests {
    private func key(_ hex: String) -> Result<PublicKey, E2EEError> {
        do throws(E2EEError) {
            return .success(try PublicKey(hex: Array(hex.utf8).span))
        } catch {
            return .failure(error)
        }
    }

    private let hex =
        "044f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa"
        + "385b6b1b8ead809ca67454d9683fcf2ba03456d6fe2c4abe2b07f0fbdbb2f1c1"

    @Test func `all spellings of a key are the same key`() throws {
        let expected = try key(hex).get()
        #expect(expected.hex == hex)
        #expect(expected.bytes.count == 65)
        for spelling in [
            hex.uppercased(), "0x" + hex, "0X" + hex.uppercased(), String(hex.dropFirst(2)),
            "0x" + hex.dropFirst(2),
        ] {
            #expect(key(spelling) == .success(expected))
        }
    }

    @Test(arguments: ["02", "03", "05", "06", "07", "00"])
    func `no other form of a point is read`(prefix: String) {
        #expect(key(prefix + hex.dropFirst(2)) == .failure(.badPoint))
        #expect(key(prefix + hex.dropFirst(2).prefix(64)) == .failure(.badPoint))
    }

    @Test func `what is no point is refused`() {
        #expect(key("") == .failure(.badPoint))
        #expect(key("00") == .failure(.badPoint))
        #expect(key("04" + String(repeating: "0", count: 128)) == .failure(.badPoint))
        #expect(key("04" + String(repeating: "f", count: 128)) == .failure(.badPoint))
        #expect(key(hex.dropLast(2) + "c0") == .failure(.badPoint))
        #expect(key(hex + "00") == .failure(.badPoint))
        #expect(key(String(hex.dropLast(2))) == .failure(.badPoint))
    }

    @Test func `what is no hex is refused`() {
        #expect(key(String(hex.dropLast())) == .failure(.notHex))
        #expect(key("g" + hex.dropFirst()) == .failure(.notHex))
        #expect(key("0x0x" + hex) == .failure(.notHex))
    }
}
