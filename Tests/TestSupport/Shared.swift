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
