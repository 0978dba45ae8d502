import Bytes
import Simulator
import Testing

@testable import E2EE

@Suite struct PinsTests {
    private func read(_ json: String) -> Result<Pins, PinsError> {
        do throws(PinsError) {
            return .success(try Pins(json: bytes(json).span))
        } catch {
            return .failure(error)
        }
    }

    private func written(_ pins: Pins) -> String {
        var output = Buffer()
        pins.write(to: &output)
        return output.readable.text
    }

    @Test func `the shipped pins have sources and survive being written`() throws {
        let pins = Pins.shipped
        #expect(pins.baseImages.count == 3 && pins.kmsRoots.count == 1 && pins.apps.count == 3)
        #expect(pins.baseImages.filter(\.isDevelopment).map(\.name) == ["dstack-dev-0.5.9"])
        #expect(pins.apps.filter { $0.scope == .modelHost }.map(\.name) == ["NEAR AI model host"])
        #expect(pins.baseImages.allSatisfy { !$0.source.isEmpty })
        #expect(pins.kmsRoots.allSatisfy { !$0.source.isEmpty })
        #expect(pins.apps.allSatisfy { !$0.source.isEmpty })
        #expect(pins.composes.allSatisfy { !$0.source.isEmpty })
        #expect(try read(written(pins)).get() == pins)
    }

    @Test func `texts of people survive too`() throws {
        var pins = Pins.shipped
        pins.apps[0].name = "a \"name\"\\\n\u{1}é"
        #expect(try read(written(pins)).get() == pins)
        #expect(try read(written(Pins())).get().isEmpty)
    }

    @Test func `of two entries for the same values the later one stays`() {
        var pins = Pins.shipped
        var mine = Pins()
        mine.apps = [pins.apps[0]]
        mine.apps[0].scope = .gateway
        mine.baseImages = [pins.baseImages[0]]
        mine.baseImages[0].isDevelopment = true
        mine.kmsRoots = pins.kmsRoots
        mine.composes = pins.composes
        pins.merge(mine)
        #expect(pins.apps.count == 3 && pins.baseImages.count == 3 && pins.kmsRoots.count == 1)
        #expect(pins.composes.count == Pins.shipped.composes.count)
        #expect(pins.apps.allSatisfy { $0.scope == .gateway })
        #expect(pins.baseImages.count { $0.isDevelopment } == 2)
        var other = mine.apps[0]
        other.keyProvider = KeyProvider(name: "kms", id: [1])
        mine.apps = [other]
        pins.merge(mine)
        #expect(pins.apps.count == 4)
    }

    @Test func `a text that is no list of pins is refused with the place`() {
        let app = #"{"name":"a","app_id":"\#(toHex([UInt8](repeating: 1, count: 20)))","#
        let provider = #""key_provider":{"name":"kms","id":"00"}"#
        for (json, error) in [
            ("", .notJSON), ("{", .notJSON), ("[]", .notPins), ("{}", .notPins),
            (#"{"e2ee_proxy_pins":2}"#, .notPins),
            (#"{"e2ee_proxy_pins":1,"x":[]}"#, .unknownMember),
            (#"{"e2ee_proxy_pins":1,"apps":{}}"#, .badList(.apps)),
            (#"{"e2ee_proxy_pins":1,"base_images":[1]}"#, .badList(.baseImages)),
            (#"{"e2ee_proxy_pins":1,"base_images":[{}]}"#, .badEntry(.baseImages, index: 0)),
            (
                #"{"e2ee_proxy_pins":1,"kms_roots":[{"name":"a","key":"02"}]}"#,
                .badEntry(.kmsRoots, index: 0)
            ),
            (
                #"{"e2ee_proxy_pins":1,"compose_hashes":[{"name":"a"}]}"#,
                .badEntry(.composes, index: 0)
            ),
            (
                "{\"e2ee_proxy_pins\":1,\"apps\":[\(app)\(provider),\"scope\":\"host\"}]}",
                .badEntry(.apps, index: 0)
            ),
            (
                "{\"e2ee_proxy_pins\":1,\"apps\":[\(app)\(provider),\"scope\":\"gateway\",\"x\":1}]}",
                .badEntry(.apps, index: 0)
            ),
            (
                "{\"e2ee_proxy_pins\":1,\"apps\":[\(app)\"scope\":\"gateway\"}]}",
                .badEntry(.apps, index: 0)
            ),
            (
                "{\"e2ee_proxy_pins\":1}" + String(repeating: " ", count: Pins.byteCountMax),
                .tooLarge(byteCountMax: Pins.byteCountMax)
            ),
        ] as [(String, PinsError)] {
            #expect(read(json) == .failure(error), "\(json.prefix(80))")
            #expect(error.description.hasSuffix("."))
        }
        let sound = "{\"e2ee_proxy_pins\":1,\"apps\":[\(app)\(provider),\"scope\":\"gateway\"}]}"
        #expect((try? read(sound).get())?.apps.count == 1)
    }

    @Test func `a mismatch reads as a difference`() {
        let expected = PinMismatch.Difference.Expected(name: "mine", value: "02")
        let same = PinMismatch.Difference.Expected(name: "other", value: "01")
        let mismatch = PinMismatch(
            subject: .app,
            differences: [
                PinMismatch.Difference(field: "app_id", seen: "01", expected: [expected, same])
            ], isRefused: true)
        #expect(
            mismatch.description
                == "app: not pinned\n  app_id is 01\n    ≠ 02 (mine)\n    = 01 (other)")
    }
}
