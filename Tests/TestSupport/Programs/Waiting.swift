/// The moment up to which a test is willing to wait.
public struct Deadline: Sendable {
  private let end: ContinuousClock.Instant

  /// A deadline that lies `duration` ahead of now.
  public init(in duration: Duration) {
    end = .now + duration
  }

  /// Whether the moment has passed.
  public var hasPassed: Bool { .now >= end }

  /// Asks again and again until the condition holds or the deadline has passed.
  ///
  /// The condition is asked at least once, and once more after the deadline.
  /// - Returns: whether the condition came to hold.
  /// - Throws: what the condition throws, or `CancellationError`.
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

/// A value that is made when it is first asked for, and then kept as long as the process lives.
public actor Shared<Value: Sendable> {
  private let make: @Sendable () async throws -> Value
  private var making: Task<Value, any Error>?

  /// - Parameter make: how the value is made; called at most once.
  public init(_ make: @escaping @Sendable () async throws -> Value) {
    self.make = make
  }

  /// The value; everyone who asks gets the same one, or the same error.
  public var value: Value {
    get async throws {
      let task = making ?? Task.detached { [make] in try await make() }
      making = task
      return try await task.value
    }
  }
}

/// A condition that a test waited for did not come to hold.
public struct ConditionNotMet: Error, CustomStringConvertible {
  public let description: String

  init(within limit: Duration, seen: [String]) {
    description =
      "condition not met within \(limit), after \(seen.count) requests or packets:\n"
      + seen.suffix(20).joined(separator: "\n")
  }
}
