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
