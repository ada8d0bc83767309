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

  /// The handlers write to the other ends, of pipes that were made before.
  private static let reload = Result { try FileDescriptor.pipe() }
  private static let report = Result { try FileDescriptor.pipe() }

  /// Catches the signal.
  ///
  /// - Parameter kind: which.
  /// - Throws: ``Failure``.
  public init(_ kind: Kind) throws {
    do {
      let pipe = try (kind == .reload ? NoticeSignal.reload : NoticeSignal.report).get()
      for end in [pipe.readEnd, pipe.writeEnd] {
        _ = try checked { fcntl(end.rawValue, F_SETFL, O_NONBLOCK) }
      }
      descriptor = pipe.readEnd
    } catch let errno as Errno {
      throw Failure(nil, errno)
    }
    switch kind {
    case .reload:
      handle(SIGHUP, flags: SA_RESTART) { _ in NoticeSignal.tellReader(of: NoticeSignal.reload) }
    case .report:
      handle(SIGUSR1, flags: SA_RESTART) { _ in NoticeSignal.tellReader(of: NoticeSignal.report) }
    }
  }

  private static func tellReader(
    of pipe: Result<(readEnd: FileDescriptor, writeEnd: FileDescriptor), any Error>
  ) {
    if case .success(let pipe) = pipe { tell(pipe.writeEnd) }
  }

  /// Forgets the signals that came so far.
  public func clear() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while unsafe read(descriptor.rawValue, &bytes, bytes.count) > 0 {}
  }
}
