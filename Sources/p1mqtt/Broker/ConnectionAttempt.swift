import CommandLine
import Glibc
import Synchronization
import SystemPackage

/// One try to connect to a broker, on a thread of its own: to look a name up and to open a
/// connection may take its time, and the input is read on meanwhile.
final class ConnectionAttempt: Sendable {
  /// Readable once the try has ended.
  let descriptor: FileDescriptor

  private let writeEnd: FileDescriptor
  private let attempt: @Sendable () -> String?
  /// Why it failed, nil where it did not.
  private let reason = Mutex<String?>(nil)

  /// Starts the try.
  ///
  /// - Parameter attempt: connects, and returns why that failed; nothing else uses the connection
  ///   until it has ended.
  /// - Throws: `Failure` where there can be no thread.
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

  /// How the try, which has ended, went.
  ///
  /// - Returns: why it failed, nil where it did not.
  func finish() -> String? {
    try? descriptor.close()
    return reason.withLock { $0 }
  }

  private func run() {
    let failed = attempt()
    reason.withLock { $0 = failed }
    // The end of the pipe is what makes the other end readable.
    try? writeEnd.close()
  }
}
