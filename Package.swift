// swift-tools-version: 6.2
import PackageDescription

// Layer order: C system modules ← Bytes ← {Reactor, HTTP, E2EE} ← Proxy ← e2ee-proxy. A target may
// depend only on what it rests on; Tests/HouseTests holds the imports to the same rule.

/// What every module of ours is built with. The two release flags go together: without the first,
/// generics of another module run unspecialised; with it alone, exclusivity checks come back.
let house: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableExperimentalFeature("Lifetimes"),
    .enableExperimentalFeature("SuppressedAssociatedTypes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(
        ["-cross-module-optimization", "-enforce-exclusivity=unchecked"],
        .when(configuration: .release)),
]

let tests: [SwiftSetting] = [.treatAllWarnings(as: .error)]

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func testTarget(
    _ name: String, _ dependencies: [Target.Dependency], excluding files: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], exclude: files,
        swiftSettings: tests)
}

let package = Package(
    name: "e2ee-proxy",
    products: [
        .executable(name: "e2ee-proxy", targets: ["e2ee-proxy"]),
        // Linked with the fuzzer's own entry point by scripts/fuzz.
        .library(name: "FuzzTargets", type: .static, targets: ["FuzzTargets"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]),
        .systemLibrary(
            name: "CUring", pkgConfig: "liburing", providers: [.apt(["liburing-dev"])]),
        module("Bytes", []),
        module("Reactor", ["Bytes", "CLinux", "COpenSSL"]),
        module("HTTP", ["Bytes"]),
        .target(
            name: "E2EE", dependencies: ["Bytes", "COpenSSL", "CSecp256k1"],
            resources: [.embedInCode("Attestation/Pins/shipped-pins.json")], swiftSettings: house),
        .target(
            name: "Proxy",
            dependencies: [
                "Bytes", "Reactor", "HTTP", "E2EE", .product(name: "Logging", package: "swift-log"),
            ],
            resources: [
                .embedInCode("Tools/Formats/glm.json"), .embedInCode("Tools/Formats/hermes.json"),
                .embedInCode("Tools/Formats/qwen.json"),
            ], swiftSettings: house),
        module("Simulator", ["Bytes", "Reactor", "HTTP", "E2EE", "COpenSSL"]),
        .executableTarget(
            name: "e2ee-proxy",
            dependencies: [
                "Proxy", "Simulator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),
        .executableTarget(
            name: "MicroBenchmarks", dependencies: ["Bytes", "HTTP", "E2EE"],
            path: "Benchmarks/Micro", swiftSettings: house),
        .executableTarget(
            name: "LoopBenchmark",
            dependencies: [
                "Bytes", "Reactor", "E2EE", "Proxy", "Simulator",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Benchmarks/Loop", swiftSettings: tests),
        .executableTarget(
            name: "ReplayBenchmark", dependencies: ["Bytes", "Reactor", "E2EE", "Proxy"],
            path: "Benchmarks/Replay", swiftSettings: house),
        .target(
            name: "TestSupport", dependencies: ["Bytes", "Reactor"], path: "Tests/Support",
            swiftSettings: tests + [.enableExperimentalFeature("Lifetimes")]),
        .target(
            name: "FuzzTargets", dependencies: ["Bytes", "HTTP", "E2EE", "Proxy"],
            path: "Tests/Fuzz", exclude: ["Corpus"], swiftSettings: tests),
        testTarget("BytesTests", ["Bytes"]),
        testTarget("ReactorTests", ["Reactor", "Simulator", "Bytes"]),
        testTarget("HTTPTests", ["HTTP", "Bytes"]),
        testTarget("E2EETests", ["E2EE", "Bytes", "Simulator"]),
        testTarget(
            "SimulatorTests", ["Simulator", "E2EE", "HTTP", "Reactor", "Bytes", "COpenSSL"]),
        testTarget(
            "ProxyTests",
            [
                "Proxy", "Simulator", "Reactor", "HTTP", "E2EE", "Bytes",
                .product(name: "Logging", package: "swift-log"),
            ], excluding: ["Tools/Corpus"]),
        testTarget("HouseTests", []),
    ],
    swiftLanguageModes: [.v6]
)
