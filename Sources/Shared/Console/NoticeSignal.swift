import Glibc
import SystemPackage

/// A signal that asks for something and ends nothing, as a descriptor.
public struct NoticeSignal {
  /// What is asked for.
  public enum Kind: Sendable {
    /// SIGHUP: read the files again. Every tool catches it from its start on (``Tool``), so that a
    /// terminal that closes ends none of them.
    case reload
    /// SIGUSR1: say how it goes.
    case report
  }

  /// Readable once the signal came, until ``clear()``.
  public let descriptor: FileDescriptor

  /// The handlers write to the other ends.
  private static let reloadPipe = try? FileDescriptor.pipe()
  private static let reportPipe = try? FileDescriptor.pipe()

  /// Catches the signal.
  ///
  /// - Parameter kind: which.
  /// - Throws: ``Failure``.
  public init(_ kind: Kind) throws {
    guard let pipe = kind == .reload ? NoticeSignal.reloadPipe : NoticeSignal.reportPipe,
      fcntl(pipe.readEnd.rawValue, F_SETFL, O_NONBLOCK) == 0,
      fcntl(pipe.writeEnd.rawValue, F_SETFL, O_NONBLOCK) == 0
    else {
      throw Failure(nil, Errno(rawValue: errno))
    }
    descriptor = pipe.readEnd
    switch kind {
    case .reload:
      handle(SIGHUP, flags: SA_RESTART) { _ in NoticeSignal.reloadPipe.map { tell($0.writeEnd) } }
    case .report:
      handle(SIGUSR1, flags: SA_RESTART) { _ in NoticeSignal.reportPipe.map { tell($0.writeEnd) } }
    }
  }

  /// Forgets the signals that came so far.
  public func clear() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while unsafe read(descriptor.rawValue, &bytes, bytes.count) > 0 {}
  }
}
