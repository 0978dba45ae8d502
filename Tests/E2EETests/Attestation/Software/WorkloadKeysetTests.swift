import Bytes
import Testing

@testable import E2EE

@Suite(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
struct WorkloadKeysetTests {
    /// The recorded report and its members.
    private func captured() throws -> (claims: SoftwareClaims, report: JSONMembers, json: [UInt8]) {
        let json = try #require(Vectors.bytes("tdx/aci/report_aci1.json"))
        let members = try unwrap(JSONMembers(checking: json.span))
        let report = members.object("attestation", in: json.span)
        return (
            SoftwareClaims(members, report: report, in: json.span), try #require(report), json
        )
    }

    @Test func `values have the canonical form of the reference`() throws {
        let json = try #require(Vectors.bytes("tdx/aci/jcs_vectors.json"))
        let members = try unwrap(JSONMembers(checking: json.span))
        let vectors = try unwrap(members.value("vectors", in: json.span)?.elements(in: json.span))
        #expect(vectors.count == 18)
        for vector in vectors {
            let vector = try unwrap(JSONMembers(vector, in: json.span))
            let value = try unwrap(vector.value("value", in: json.span))
            var output = Buffer()
            do throws(JCS.Failure) {
                try JCS.append(value, in: json.span, to: &output)
                let expected = vector.bytes("canonical_hex", in: json.span)
                #expect(output.readable.array == expected)
                let digest = (try? Digest.sha256(output.readable)) ?? []
                let isRefused = vector.value("wantErr", in: json.span)?.kind == .bool(true)
                #expect(!isRefused)
                let named = vector.value("sha256", in: json.span)?.text(in: json.span)
                #expect("sha256:" + toHex(digest) == named)
            } catch {
                let wants = vector.value("wantErr", in: json.span)?.kind
                #expect(wants == .bool(true))
            }
        }
    }

    @Test func `a recorded keyset has its digest, identity and endorsement`() throws {
        let (claims, _, _) = try captured()
        let text = try #require(claims.keyset)
        let keyset = try WorkloadKeyset(text.span)
        #expect(
            toHex(keyset.digest)
                == "46cdea445e5f2abcb78a5db0a630e7ba2127bc4f24033aa628b49e310e3928e2")
        #expect(
            keyset.workloadID.map(toHex)
                == "3def476b72026924f9d88f7b339b2e211553fc2486c6a974d5f330162f183eda")
        let endorsement = try #require(claims.endorsement)
        func isEndorsed(by endorsement: [UInt8]) -> Bool {
            keyset.isEndorsed(by: endorsement.span)
        }
        #expect(isEndorsed(by: endorsement))
        for place in endorsement.indices {
            var altered = endorsement
            altered[place] ^= 1
            #expect(!isEndorsed(by: altered) || isHarmless(endorsement[place]))
        }
        #expect(!keyset.holds(ReplySample.key))
    }

    private func digest(_ text: String) throws(AttestationError) -> [UInt8] {
        let json = bytes(text)
        return try WorkloadKeyset(json.span).digest
    }

    /// White space around a value.
    private func isHarmless(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A }

    @Test func `a keyset whose limit was rounded on the way has the same digest`() throws {
        let (claims, _, _) = try captured()
        let text = String(decoding: try #require(claims.keyset), as: UTF8.self)
        let digest = try self.digest(text)
        #expect(text.contains("18446744073709551615"))
        for rounded in ["18446744073709552000", "1.8446744073709552e19"] {
            let other = text.replacing("18446744073709551615", with: rounded)
            #expect(try self.digest(other) == digest)
        }
        let other = text.replacing("18446744073709551615", with: "18446744073709551614")
        #expect(try self.digest(other) != digest)
        let float = text.replacing("18446744073709551615", with: "1.5")
        #expect(throws: AttestationError.keysetMalformed) {
            _ = try self.digest(float)
        }
    }

    @Test func `all keys of a recorded custody lead to one root`() throws {
        let (claims, report, json) = try captured()
        let keyset = try unwrap(report.object("workload_keyset", in: json.span))
        let keys = try unwrap(
            keyset.value("e2ee_public_keys", in: json.span)?.elements(in: json.span))
        let listed = try unwrap(
            JSONMembers(keys[0], in: json.span)?.bytes("public_key", in: json.span))
        let key = try PublicKey(listed.span)
        let all = try #require(claims.keyset)
        let isListed = try WorkloadKeyset(all.span).holds(key)
        #expect(isListed)
        let chain = try #require(claims.keyCustody)
        let custody = try KeyCustody(chain.span)
        #expect(custody.entries.count == 3)
        let app = fromHex("fdb7a14e5a6675f752e2cb69c9067a98ca402918")
        let root = "0334c76e0c3f52ec64cbf9bbf5c910c272330166fd656c0a86bb330963e46910e1"
        #expect(toHex(try custody.root(of: key, app: app)) == root)
        var other = app
        other[0] ^= 1
        #expect((try? custody.root(of: key, app: other)).map(toHex) != root)
    }
}
