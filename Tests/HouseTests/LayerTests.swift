import Testing

@Suite struct `The layers` {
    /// What each module may import, beside the standard library's own modules.
    static let allowed: [String: Set<String>] = [
        "Bytes": ["Glibc", "Synchronization"],
        "Reactor": ["Bytes", "CLinux", "CUring", "COpenSSL", "Glibc", "Synchronization"],
        "HTTP": ["Bytes"],
        "E2EE": ["Bytes", "COpenSSL", "CSecp256k1"],
        "Proxy": ["Bytes", "Reactor", "HTTP", "E2EE", "Logging"],
        "Simulator": [
            "Bytes", "Reactor", "HTTP", "E2EE", "COpenSSL", "Synchronization",
        ],
        "e2ee-proxy": ["Proxy", "Simulator", "ArgumentParser", "Logging"],
    ]

    @Test func `every module is known here, and none is empty`() {
        #expect(Set(House.sources.map(\.module)) == Set(Self.allowed.keys))
    }

    @Test(arguments: House.sources)
    func `a file imports only what its module rests on`(file: SourceFile) throws {
        let allowed = try #require(Self.allowed[file.module])
        for name in file.imports {
            #expect(allowed.contains(name), "\(file.path) imports \(name)")
        }
    }

    @Test func `no module of ours imports Foundation`() {
        for file in House.sources {
            #expect(!file.imports.contains { $0.hasPrefix("Foundation") }, "\(file.path)")
        }
    }

    @Test func `OpenSSL stays in the TLS folder of the reactor`() {
        for file in House.sources where file.module == "Reactor" {
            guard file.imports.contains("COpenSSL") else { continue }
            #expect(file.path.hasPrefix("Sources/Reactor/TLS/"))
        }
    }

    @Test func `the proxy seals only through a sealer, which needs a verified key`() {
        for file in House.sources where file.module == "Proxy" {
            #expect(!file.text.contains("Envelope."), "\(file.path)")
        }
    }

    @Test func `only the verifier makes verified keys`() {
        let makers = House.sources.filter { file in
            file.text.contains("VerifiedKey(") && !file.path.hasSuffix("VerifiedKey.swift")
        }
        #expect(makers.map(\.path) == ["Sources/E2EE/Attestation/Verifier.swift"])
    }

    @Test func `only the provider's requests and the configuration touch the API key`() {
        let users = House.sources.filter { $0.module == "Proxy" && $0.text.contains("apiKey") }
        #expect(
            Set(users.map(\.path)) == [
                "Sources/Proxy/Configuration/Configuration.swift",
                "Sources/Proxy/Configuration/Setting.swift",
                "Sources/Proxy/Configuration/SettingsReader.swift",
                "Sources/Proxy/Exchange/ProviderAPI.swift",
            ])
    }
}
