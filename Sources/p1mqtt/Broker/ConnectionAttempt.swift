import CommandLine
import Glibc
import Synchronization
import SystemPackage

/// One attempt to connect to a broker, on a thread of its own. Looking up a name and connecting may take
/// long, and the input has to be read meanwhile.
final class ConnectionAttempt: Sendable {
  /// Readable when the attempt has ended.
  let descriptor: FileDescriptor

  private let writeEnd: FileDescriptor
  private let attempt: @Sendable () -> String?
  /// Why it failed; nil if it succeeded.
  private let reason = Mutex<String?>(nil)

  /// - Parameter attempt: connects, and returns why that failed; nil for success. Nothing else may use the
  ///   connection until it has ended.
  /// - Throws: `Failure` if no thread can be started.
  init(_ attempt: @escaping @Sendable () -> String?) throws {
    let pipe = try FileDescriptor.pipe()
    descriptor = pipe.readEnd
    writeEnd = pipe.writeEnd
    self.attempt = attempt
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<ConnectionAttempt>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    guard status == 0 else { throw Failure("thread", Errno(rawValue: status)) }
    pthread_detach(thread)
  }

  /// Why the attempt, which has ended, failed; nil if it succeeded.
  func finish() -> String? {
    try? descriptor.close()
    return reason.withLock { $0 }
  }

  private func run() {
    let failed = attempt()
    reason.withLock { $0 = failed }
    // Closing this end makes the other end readable.
    try? writeEnd.close()
  }
}
