import Simulator
import Testing

@testable import E2EE

/// Which level is found, and what the judgements on platform, module and enclave come to.
@Suite struct TCBEvaluationTests {
    private typealias Judgement = SimulatedTCBInfo.Judgement
    private typealias Level = SimulatedTCBInfo.Level
    private typealias EnclaveLevel = SimulatedTCBInfo.EnclaveLevel

    private static let date = PlatformSample.now - 3600

    private static func verdict(
        _ change: (inout PlatformSample) -> Void
    ) throws -> QuoteVerdict {
        var sample = PlatformSample()
        change(&sample)
        return try sample.made().verdict()
    }

    private static let platformStatuses = [
        "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
        "ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded",
        "Revoked",
    ]

    /// Platform, module, enclave.
    private static let combinations: [(String, String, String)] = platformStatuses.flatMap {
        platform in
        ["UpToDate", "OutOfDate", "Revoked"].flatMap { module in
            [
                "UpToDate", "OutOfDate", "ConfigurationNeeded", "OutOfDateConfigurationNeeded",
                "Revoked",
            ].map { (platform, module, $0) }
        }
    }

    @Test(arguments: combinations)
    func `three judgements become one`(
        platform: String, module: String, enclave: String
    ) throws {
        let verdict = try Self.verdict {
            $0.contents.tcbInfo.levels[0].judgement = Judgement(
                platform, date: 3, advisories: ["C", "A"])
            $0.contents.tcbInfo.modules?[0].levels[0].judgement = Judgement(
                module, date: 2, advisories: ["B", "A"])
            $0.contents.qeIdentity.levels[0].judgement = Judgement(
                enclave, date: 4, advisories: ["D"])
        }
        let expected: String
        if [platform, module, enclave].contains("Revoked") {
            expected = "Revoked"
        } else if module == "UpToDate" && enclave == "UpToDate" {
            expected = platform
        } else if platform.contains("Configuration") {
            expected = "OutOfDateConfigurationNeeded"
        } else {
            expected = "OutOfDate"
        }
        #expect(verdict.status?.rawValue == expected)
        #expect(verdict.advisories == ["A", "B", "C", "D"])
        #expect(verdict.tcbDate == 2)
        switch expected {
        case "UpToDate": #expect(verdict.failure == nil)
        case "Revoked": #expect(verdict.failure == .tcbRevoked)
        default: #expect(verdict.failure == .tcbStatus)
        }
    }

    @Test func `a platform is at the highest level it reaches in every component`() throws {
        let sound = SimulatedTCBInfo(validity: 0..<1).levels[0]
        func status(_ change: (inout Level) -> Void) throws -> String? {
            var level = sound
            change(&level)
            level.judgement.status = "SWHardeningNeeded"
            return try Self.verdict { $0.contents.tcbInfo.levels[0] = level }.status?.rawValue
        }
        #expect(try status { _ in } == "SWHardeningNeeded")
        #expect(try status { $0.pceSVN += 1 } == "OutOfDate")
        #expect(try status { $0.pceSVN -= 1 } == "SWHardeningNeeded")
        for index in 0..<16 {
            #expect(try status { $0.sgxComponents[index] += 1 } == "OutOfDate")
            // The module's own identity judges what the first two components stand for.
            let tdx = try status { $0.tdxComponents[index] += 1 }
            #expect(tdx == (index < 2 ? "SWHardeningNeeded" : "OutOfDate"), "component \(index)")
        }
    }

    @Test func `a module of version zero is judged by the platform's levels`() throws {
        func verdict(_ change: (inout PlatformSample) -> Void) throws -> QuoteVerdict {
            try Self.verdict {
                $0.quote.teeTCBSVN = [5, 0, 3] + [UInt8](repeating: 0, count: 13)
                $0.contents.tcbInfo.modules = nil
                change(&$0)
            }
        }
        #expect(try verdict { _ in }.failure == nil)
        #expect(try verdict { $0.contents.tcbInfo.module = nil }.failure == .tdxModuleUnknown)
        for index in 0..<2 {
            let verdict = try verdict { $0.contents.tcbInfo.levels[0].tdxComponents[index] += 1 }
            #expect(verdict.status == .outOfDate)
        }
        let foreign = try verdict { $0.contents.tcbInfo.module?.mrSigner[0] = 1 }
        #expect(foreign.failure == .tdxModuleMismatch)
    }

    @Test func `a module is found by the hexadecimal digits of its version`() throws {
        func failure(_ version: UInt8, _ id: String) throws -> AttestationError? {
            try Self.verdict {
                $0.quote.teeTCBSVN[1] = version
                $0.contents.tcbInfo.modules?[0].id = id
            }.failure
        }
        #expect(try failure(1, "TDX_01") == nil)
        #expect(try failure(1, "tdx_01") == nil)
        #expect(try failure(10, "TDX_0A") == nil)
        #expect(try failure(10, "TDX_0a") == nil)
        #expect(try failure(0xFE, "TDX_FE") == nil)
        #expect(try failure(10, "TDX_10") == .tdxModuleUnknown)
        #expect(try failure(16, "TDX_16") == .tdxModuleUnknown)
        #expect(try failure(1, "TDX_1") == .tdxModuleUnknown)
        #expect(try failure(1, "TDX_03") == .tdxModuleUnknown)
        #expect(try failure(1, "") == .tdxModuleUnknown)
    }

    @Test func `the module must be signed by the signer its identity names`() throws {
        let spoilt: [(inout PlatformSample) -> Void] = [
            { $0.quote.mrSignerSEAM[47] = 1 }, { $0.quote.seamAttributes = 1 },
            { $0.quote.seamAttributes = 1 << 63 },
            { $0.contents.tcbInfo.modules?[0].mrSigner[0] = 1 },
            { $0.contents.tcbInfo.modules?[0].attributes[7] = 1 },
            {
                $0.quote.seamAttributes = 1
                $0.contents.tcbInfo.modules?[0].attributes[0] = 1
            },
        ]
        for change in spoilt { #expect(try Self.verdict(change).failure == .tdxModuleMismatch) }
        let own = try Self.verdict {
            $0.quote.mrSignerSEAM[0] = 7
            $0.contents.tcbInfo.modules?[0].mrSigner[0] = 7
        }
        #expect(own.failure == nil)
    }

    @Test func `what is older than all levels is not supported`() throws {
        let platform = try Self.verdict {
            $0.contents.tcbInfo.levels[1].pceSVN = 12
            $0.contents.tcbInfo.levels[0].pceSVN = 12
        }
        #expect(platform.failure == .tcbNotSupported)
        #expect(platform.status == nil)
        #expect(try Self.verdict { $0.contents.tcbInfo.levels = [] }.failure == .tcbNotSupported)
        #expect(try Self.verdict { $0.quote.teeTCBSVN[0] = 4 }.failure == .tcbNotSupported)
        let module = try Self.verdict { $0.contents.tcbInfo.modules?[0].levels = [] }
        #expect(module.failure == .tcbNotSupported)
        #expect(try Self.verdict { $0.enclave.svn = 3 }.failure == .qeNotSupported)
        #expect(try Self.verdict { $0.contents.qeIdentity.levels = [] }.failure == .qeNotSupported)
    }

    @Test func `levels may come in any order, but none twice`() throws {
        let old = Judgement("OutOfDate", date: Self.date)
        let unsorted = try Self.verdict {
            $0.contents.tcbInfo.levels.reverse()
            $0.contents.tcbInfo.modules?[0].levels.insert(EnclaveLevel(2, old), at: 0)
            $0.contents.qeIdentity.levels.insert(EnclaveLevel(2, old), at: 0)
        }
        #expect(unsorted.failure == nil)
        #expect(unsorted.status == .upToDate)
        let twice: [((inout PlatformSample) -> Void, AttestationError)] = [
            (
                { $0.contents.tcbInfo.levels.append($0.contents.tcbInfo.levels[0]) },
                .tcbInfoMalformed
            ),
            (
                { $0.contents.tcbInfo.modules?[0].levels.append(EnclaveLevel(5, old)) },
                .tcbInfoMalformed
            ),
            (
                {
                    $0.contents.tcbInfo.modules?.append(
                        SimulatedTCBInfo.Module("tdx_01", [EnclaveLevel(5, old)]))
                }, .tcbInfoMalformed
            ),
            (
                { $0.contents.qeIdentity.levels.append(EnclaveLevel(4, old)) },
                .qeIdentityMalformed
            ),
        ]
        for (change, refusal) in twice { #expect(try Self.verdict(change).failure == refusal) }
    }

    /// Status at launch, status now, what comes of it.
    private static let relaunches: [(String, String, String)] = [
        ("OutOfDate", "UpToDate", "TDRelaunchAdvised"),
        ("OutOfDate", "SWHardeningNeeded", "TDRelaunchAdvised"),
        ("OutOfDate", "ConfigurationNeeded", "TDRelaunchAdvisedConfigurationNeeded"),
        ("OutOfDate", "ConfigurationAndSWHardeningNeeded", "TDRelaunchAdvisedConfigurationNeeded"),
        ("OutOfDateConfigurationNeeded", "UpToDate", "TDRelaunchAdvisedConfigurationNeeded"),
        ("OutOfDateConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"),
        ("OutOfDate", "OutOfDate", "OutOfDate"),
        ("OutOfDate", "OutOfDateConfigurationNeeded", "OutOfDate"),
        ("OutOfDate", "Revoked", "Revoked"), ("UpToDate", "Revoked", "Revoked"),
        ("SWHardeningNeeded", "UpToDate", "SWHardeningNeeded"),
        ("ConfigurationNeeded", "UpToDate", "ConfigurationNeeded"),
        ("UpToDate", "UpToDate", "UpToDate"), ("UpToDate", "OutOfDate", "UpToDate"),
        ("Revoked", "UpToDate", "Revoked"),
    ]

    @Test(arguments: relaunches)
    func `a TD that is older than its machine is to be started anew`(
        launch: String, current: String, expected: String
    ) throws {
        let verdict = try Self.verdict {
            $0.quote.version = 5
            $0.quote.report = .version15
            $0.quote.teeTCBSVN2[2] = 4
            $0.contents.tcbInfo.levels[0].judgement.status = launch
            var newer = $0.contents.tcbInfo.levels[0]
            newer.tdxComponents[2] = 4
            newer.judgement.status = current
            $0.contents.tcbInfo.levels.append(newer)
        }
        #expect(verdict.status?.rawValue == expected)
        #expect((verdict.failure == nil) == (expected == "UpToDate"))
    }

    @Test func `what runs now must be known as well`() throws {
        for (index, value, refusal) in [
            (1, 9, .tdxModuleUnknown), (0, 4, .tcbNotSupported), (2, 1, .tcbNotSupported),
        ] as [(Int, UInt8, AttestationError)] {
            let verdict = try Self.verdict {
                $0.quote.version = 5
                $0.quote.report = .version15
                $0.quote.teeTCBSVN2[index] = value
                $0.contents.tcbInfo.levels[1].tdxComponents[2] = 2
            }
            #expect(verdict.failure == refusal)
            #expect(verdict.status == nil)
        }
    }

    @Test func `lower-case digits are read as well`() throws {
        let verdict = try Self.verdict {
            $0.contents.tcbInfo.fmspc = $0.contents.tcbInfo.fmspc.lowercased()
            $0.contents.qeIdentity.mrSigner = $0.contents.qeIdentity.mrSigner.lowercased()
        }
        #expect(verdict.failure == nil)
    }

    @Test func `a quoting enclave of another kind is refused`() throws {
        let spoilt: [((inout PlatformSample) -> Void, AttestationError)] = [
            ({ $0.enclave.signer[0] ^= 1 }, .qeIdentityMismatch),
            ({ $0.enclave.productID = 1 }, .qeIdentityMismatch),
            ({ $0.enclave.miscSelect = 1 }, .qeIdentityMismatch),
            ({ $0.enclave.attributes[0] = 0x01 }, .qeIdentityMismatch),
            ({ $0.enclave.attributes[0] = 0x13 }, .qeIdentityMismatch),
            ({ $0.enclave.bindsOtherKey = true }, .attestationKeyNotBound),
            (
                {
                    $0.enclave.attributes[0] = 0x13
                    $0.contents.qeIdentity.attributesMask = "F9FFFFFFFFFFFFFF0000000000000000"
                }, .qeDebug
            ),
            ({ $0.contents.qeIdentity.id = "QE" }, .qeIdentityMismatch),
            ({ $0.contents.qeIdentity.version = 3 }, .qeIdentityMismatch),
            ({ $0.contents.tcbInfo.id = "SGX" }, .tcbInfoMismatch),
            ({ $0.contents.tcbInfo.version = 2 }, .tcbInfoMismatch),
            ({ $0.contents.tcbInfo.tcbType = 1 }, .tcbInfoMismatch),
            ({ $0.contents.tcbInfo.fmspc = "513D00000001" }, .tcbInfoMismatch),
            ({ $0.contents.tcbInfo.pceID = "0001" }, .tcbInfoMismatch),
        ]
        for (index, (change, refusal)) in spoilt.enumerated() {
            #expect(try Self.verdict(change).failure == refusal, "case \(index)")
        }
        // Outside of the masks nothing matters; the authentication data is free.
        #expect(
            try Self.verdict {
                $0.enclave.attributes[8] = 0xE7
                $0.enclave.miscSelect = 2
                $0.contents.qeIdentity.miscSelectMask = "FDFFFFFF"
                $0.enclave.authenticationData = []
            }.failure == nil)
    }

    @Test func `documents with a malformed member are refused`() throws {
        let spoilt: [((inout PlatformSample) -> Void, AttestationError)] = [
            ({ $0.contents.tcbInfo.fmspc = "513D000000" }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.fmspc = "513D0000000g" }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.pceID = "" }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.evaluation = -1 }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.levels[1].judgement.status = "Fine" }, .tcbInfoMalformed),
            (
                { $0.contents.tcbInfo.levels[1].judgement.status = "TDRelaunchAdvised" },
                .tcbInfoMalformed
            ),
            ({ $0.contents.tcbInfo.levels[0].sgxComponents.removeLast() }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.levels[1].sgxComponents.append(0) }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.levels[1].tdxComponents.removeLast() }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.levels[1].tdxComponents[3] = 256 }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.levels[1].tdxComponents[3] = -1 }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.levels[1].pceSVN = 65_536 }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.module?.mrSigner.removeLast() }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.modules?[0].attributes.removeLast() }, .tcbInfoMalformed),
            ({ $0.contents.tcbInfo.modules?[0].levels[0].svn = 65_536 }, .tcbInfoMalformed),
            (
                {
                    $0.contents.tcbInfo.modules?[0].levels[0].judgement.status =
                        "SWHardeningNeeded"
                }, .tcbInfoMalformed
            ),
            (
                { $0.contents.qeIdentity.levels[0].judgement.status = "SWHardeningNeeded" },
                .qeIdentityMalformed
            ),
            ({ $0.contents.qeIdentity.miscSelect = "000000" }, .qeIdentityMalformed),
            ({ $0.contents.qeIdentity.miscSelectMask = "" }, .qeIdentityMalformed),
            ({ $0.contents.qeIdentity.attributes = "11" }, .qeIdentityMalformed),
            ({ $0.contents.qeIdentity.attributesMask = "zz" }, .qeIdentityMalformed),
            ({ $0.contents.qeIdentity.mrSigner = "00" }, .qeIdentityMalformed),
            ({ $0.contents.qeIdentity.productID = 65_536 }, .qeIdentityMalformed),
            ({ $0.contents.qeIdentity.evaluation = -1 }, .qeIdentityMalformed),
        ]
        for (index, (change, refusal)) in spoilt.enumerated() {
            #expect(try Self.verdict(change).failure == refusal, "case \(index)")
        }
    }
}
