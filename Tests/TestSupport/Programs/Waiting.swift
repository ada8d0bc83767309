/// The end of a wait in a test.
public struct Deadline: Sendable {
  private let end: ContinuousClock.Instant

  public init(in duration: Duration) {
    end = .now + duration
  }

  public var hasPassed: Bool { .now >= end }

  /// Polls a condition until it holds or the deadline has passed, and once more after the deadline.
  /// - Returns: whether the condition holds.
  public func poll(
    every interval: Duration = .milliseconds(10), until condition: () async throws -> Bool
  ) async throws -> Bool {
    while !hasPassed {
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

/// A condition that a test waited for did not hold in time.
public struct ConditionNotMet: Error, CustomStringConvertible {
  public let description: String

  init(within limit: Duration, seen: [String]) {
    description =
      "condition not met within \(limit), after \(seen.count) requests or packets:\n"
      + seen.suffix(20).joined(separator: "\n")
  }
}
