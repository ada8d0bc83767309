import Foundation

// What ProcessTests and ServerTests need to run the tools as a user does.
//
//   Programs/  start a program with a clean environment, write to it, wait for its output with a
//              deadline, and end it with everything it started; a pseudo-terminal as its meter
//   Network/   servers inside the test process that misbehave as a test scripts them; certificates
//   MQTT/      a scripted broker, and subscribers and publishers by the programs of mosquitto
//   Servers/   real brokers and databases, each with a directory and a free port
//
// A plain client or server is a program where there is one: mosquitto_sub, mosquitto_pub, curl,
// openssl, python3. What is written here is what they cannot do: a broker that stops reading after the
// third message, an answer that ends in the middle, and a record of all that was received.
// ServerHarnessTests test this code against those programs.

/// The checkout that the tests are part of.
public enum Repository {
  /// Three levels above this file.
  public static let directory = URL(fileURLWithPath: #filePath)
    .appendingPathComponent("../../..").standardizedFileURL.path

  public static func path(_ name: String) -> String { "\(directory)/\(name)" }

  public static func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }
}

public enum ToolPaths {
  /// Where the built executables are: where `P1_TOOLS` says, or beside the test bundle, which on Linux
  /// is itself the running executable.
  public static let directory: String = {
    if let directory = ProcessInfo.processInfo.environment["P1_TOOLS"] { return directory }
    let bundle = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: bundle ?? ".").deletingLastPathComponent().path
  }()
}

/// Namespaces of Linux, in which a test has its own network or disk. A machine may forbid them.
public enum Namespaces {
  public static func haveNetworks() async throws -> Bool {
    try await arePermitted(["-rn", "ip", "link"])
  }

  public static func haveMounts() async throws -> Bool {
    try await arePermitted(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"])
  }

  private static func arePermitted(_ attempt: [String]) async throws -> Bool {
    let result = try await Program("unshare", attempt).run()
    if result.status != .success {
      print("skipped: no permission for namespaces: \(result.errorText)")
    }
    return result.status == .success
  }
}

/// The timestamp of a record this many seconds after noon, in UTC, of 2026-01-15.
public func noon(plus seconds: Int) -> String {
  func two(_ part: Int) -> String { part < 10 ? "0\(part)" : "\(part)" }
  let second = 12 * 3600 + seconds
  return "2026-01-\(15 + second / 86_400)T"
    + "\(two(second / 3600 % 24)):\(two(second / 60 % 60)):\(two(second % 60))Z"
}

/// The deadline of a wait.
public struct Deadline: Sendable {
  private let end: ContinuousClock.Instant

  public init(in duration: Duration) {
    end = .now + duration
  }

  /// Polls a condition until it holds or the deadline has passed, and once more after the deadline.
  /// - Returns: whether the condition holds.
  public func poll(
    every interval: Duration = .milliseconds(10), until condition: () async throws -> Bool
  ) async throws -> Bool {
    while .now < end {
      if try await condition() { return true }
      try await Task.sleep(for: interval)
    }
    return try await condition()
  }
}

/// A value that is made at its first use and kept for the life of the process.
public actor Shared<Value: Sendable> {
  private let make: @Sendable () async throws -> Value
  private var making: Task<Value, any Error>?

  public init(_ make: @escaping @Sendable () async throws -> Value) {
    self.make = make
  }

  /// Every caller gets the same value, or the same error.
  public var value: Value {
    get async throws {
      let task = making ?? Task.detached { [make] in try await make() }
      making = task
      return try await task.value
    }
  }
}

/// A program that a test needs is not installed. The test fails; it is never skipped.
public struct MissingProgram: Error, CustomStringConvertible {
  public let description: String

  public init(description: String) { self.description = description }
}

/// A condition that a test waited for did not hold in time.
public struct ConditionNotMet: Error, CustomStringConvertible {
  public let description: String

  init(within limit: Duration, seen: [String]) {
    description =
      "condition not met within \(limit), after \(seen.count) requests or packets:\n"
      + seen.suffix(20).joined(separator: "\n")
  }
}
