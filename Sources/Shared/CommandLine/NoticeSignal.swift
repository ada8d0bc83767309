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
  private static let reloadPipe = SignalPipe.make()
  private static let reportPipe = SignalPipe.make()

  /// Catches the signal.
  ///
  /// - Parameter kind: which.
  /// - Throws: ``Failure``.
  public init(_ kind: Kind) throws {
    let pipe = try (kind == .reload ? NoticeSignal.reloadPipe : NoticeSignal.reportPipe).orFailure()
    descriptor = pipe.readEnd
    for end in [pipe.readEnd, pipe.writeEnd] {
      guard fcntl(end.rawValue, F_SETFL, O_NONBLOCK) == 0 else {
        throw Failure("pipe", Errno(rawValue: errno))
      }
    }
    switch kind {
    case .reload: handle(SIGHUP, flags: SA_RESTART) { _ in NoticeSignal.reloadPipe.tell() }
    case .report: handle(SIGUSR1, flags: SA_RESTART) { _ in NoticeSignal.reportPipe.tell() }
    }
  }

  /// Forgets the signals that came so far.
  public func clear() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while unsafe read(descriptor.rawValue, &bytes, bytes.count) > 0 {}
  }
}
