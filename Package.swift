// swift-tools-version: 6.2
import PackageDescription

/// Every target: Swift 6 language mode (by the tools version), and no warning passes.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// What reads or writes bytes from outside: each unsafe construct has to be marked as one.
let memorySafe = strict + [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "p1",
  products: [
    .executable(name: "p1cat", targets: ["p1cat"]),
    .executable(name: "p1parse", targets: ["p1parse"]),
    .executable(name: "p1mqtt", targets: ["p1mqtt"]),
    .executable(name: "p1influx", targets: ["p1influx"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    // For the tests alone: the processes that they run.
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
  ],
  targets: [
    // Shared: each module imports only those above it.
    .target(name: "Metrics", path: "Sources/Shared/Metrics", swiftSettings: memorySafe),
    .target(
      name: "Records", dependencies: ["Metrics"], path: "Sources/Shared/Records",
      swiftSettings: memorySafe),
    .target(
      name: "PythonLiterals", dependencies: ["Records"], path: "Sources/Shared/PythonLiterals",
      swiftSettings: memorySafe),
    .target(
      name: "Telegrams", dependencies: ["Metrics", "Records", "PythonLiterals"],
      path: "Sources/Shared/Telegrams",
      swiftSettings: memorySafe),
    .target(
      name: "DLMS", dependencies: ["Metrics", "Records", "PythonLiterals", "Telegrams"],
      path: "Sources/Shared/DLMS", swiftSettings: memorySafe),
    .target(
      name: "Delivery", dependencies: ["Metrics", "Records", deque, system],
      path: "Sources/Shared/Delivery",
      swiftSettings: memorySafe),
    .target(
      name: "CommandLine",
      dependencies: ["Records", "PythonLiterals", "CPipe", argumentParser, system],
      path: "Sources/Shared/CommandLine", swiftSettings: memorySafe),
    .target(
      name: "Encryption", dependencies: ["Records", "Telegrams", "CommandLine", crypto],
      path: "Sources/Shared/Encryption", swiftSettings: memorySafe),
    .target(
      name: "Sinks", dependencies: ["Records", "Delivery", "CommandLine", argumentParser, system],
      path: "Sources/Shared/Sinks", swiftSettings: memorySafe),
    .systemLibrary(name: "CPipe", path: "Sources/Shared/CPipe"),

    // The four tools. Only the sinks link a C library of the system.
    .executableTarget(
      name: "p1cat",
      dependencies: [
        "Metrics", "Records", "Telegrams", "DLMS", "CommandLine", "Encryption", deque,
      ],
      swiftSettings: memorySafe),
    .executableTarget(
      name: "p1parse", dependencies: ["Metrics", "Records", "Telegrams", "CommandLine"],
      swiftSettings: memorySafe),
    .executableTarget(
      name: "p1mqtt",
      dependencies: [
        "Metrics", "Records", "Delivery", "CommandLine", "Sinks", "CMosquitto", deque,
      ],
      exclude: ["CMosquitto"], swiftSettings: memorySafe),
    .executableTarget(
      name: "p1influx", dependencies: ["Records", "Delivery", "CommandLine", "Sinks", "CCurl"],
      exclude: ["CCurl"], swiftSettings: memorySafe),
    .systemLibrary(
      name: "CMosquitto", path: "Sources/p1mqtt/CMosquitto", pkgConfig: "libmosquitto",
      providers: [.apt(["libmosquitto-dev"])]),
    .systemLibrary(
      name: "CCurl", path: "Sources/p1influx/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),

    // Tests. Unit tests: a target a module. ProcessTests run the tools as processes, ServerTests with
    // real servers, ServerHarnessTests the harness of both.
    .target(
      name: "TestSupport",
      dependencies: [
        "TestValues", .product(name: "Subprocess", package: "swift-subprocess"), system,
      ],
      path: "Tests/TestSupport", swiftSettings: strict),
    .target(name: "TestValues", path: "Tests/TestValues", swiftSettings: strict),
    .testTarget(
      name: "MetricsTests", dependencies: ["Metrics", "Records", "TestValues"],
      swiftSettings: strict),
    .testTarget(
      name: "RecordsTests", dependencies: ["Metrics", "Records", "TestValues"],
      swiftSettings: strict),
    .testTarget(
      name: "TelegramsTests",
      dependencies: ["Metrics", "Records", "PythonLiterals", "Telegrams", "TestValues"],
      exclude: ["Golden"], swiftSettings: strict),
    .testTarget(
      name: "DLMSTests",
      dependencies: [
        "Metrics", "Records", "PythonLiterals", "Telegrams", "CommandLine", "Encryption", "DLMS",
        "TestValues",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DeliveryTests", dependencies: ["Records", "Delivery", "TestValues", system],
      swiftSettings: strict),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "Records", "CommandLine", "Sinks", "TestValues", system, argumentParser,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "EncryptionTests",
      dependencies: ["Records", "Telegrams", "CommandLine", "Encryption", "TestValues"],
      swiftSettings: strict),
    .testTarget(
      name: "ReferenceTests",
      dependencies: [
        "Metrics", "Records", "Telegrams", "Delivery", "CommandLine", "Encryption", "Sinks",
        "TestSupport", argumentParser, "p1cat", "p1parse", "p1mqtt", "p1influx",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "p1catTests",
      dependencies: [
        "Metrics", "Records", "Telegrams", "DLMS", "CommandLine", "Encryption", "TestValues",
        "p1cat",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "p1mqttTests",
      dependencies: ["Metrics", "Records", "Delivery", "CommandLine", "TestValues", "p1mqtt"],
      swiftSettings: strict),
    .testTarget(
      name: "p1influxTests",
      dependencies: ["Records", "Delivery", "CommandLine", "TestValues", "p1influx"],
      swiftSettings: strict),
    .testTarget(
      name: "ProcessTests",
      dependencies: [
        "Metrics", "Telegrams", "CommandLine", "Encryption", "TestSupport", "TestValues", system,
        "p1cat", "p1parse", "p1mqtt", "p1influx",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "Metrics", "Telegrams", "Encryption", "TestSupport", "TestValues", "p1cat", "p1parse",
        "p1mqtt", "p1influx",
      ],
      exclude: ["homeassistant.py", "homeassistant.txt"], swiftSettings: strict),
    .testTarget(
      name: "ServerHarnessTests", dependencies: ["TestSupport", "TestValues", system],
      swiftSettings: strict),
  ]
)

// scripts/fuzz: a program of which the fuzzer has the main function.
if Context.environment["P1_FUZZ"] != nil {
  package.products.append(.executable(name: "Fuzz", targets: ["Fuzz"]))
  package.targets.append(
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "Records", "Telegrams", "DLMS", "Delivery", "Encryption", "TestValues", system,
      ],
      path: "Tests/Fuzz",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
