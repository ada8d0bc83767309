// Only a build with the tests has that module.
#if canImport(Testing)
  import Foundation
  import Testing

  /// Runs tests that compute for seconds without a pause on threads of their own.
  ///
  /// The tests of a process share as many threads as there are processors. One that keeps such a thread
  /// keeps others from their turn, and what they wait for may then come too late.
  public struct ComputingTrait: SuiteTrait, TestTrait, TestScoping {
    public let isRecursive = true

    /// - Parameters:
    ///   - test: the test.
    ///   - testCase: the case of it.
    ///   - function: what runs it.
    /// - Throws: what it throws.
    public func provideScope(
      for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
      try await withTaskExecutorPreference(Threads.all, operation: function)
    }
  }

  extension Trait where Self == ComputingTrait {
    /// The tests compute for long.
    public static var computing: Self { ComputingTrait() }
  }

  /// A thread for each job: Dispatch has no more of them than there are processors, and lends the same
  /// ones to all other tasks.
  private final class Threads: TaskExecutor {
    static let all = Threads()

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
  }
#endif
