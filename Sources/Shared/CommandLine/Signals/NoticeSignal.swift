import Glibc
import SystemPackage

/// A signal that requests something and ends nothing, as a descriptor to wait for. Every tool catches both kinds
/// from its start (``Tool``).
public struct NoticeSignal {
  public enum Kind: Sendable {
    /// SIGHUP: read the settings again.
    case reload
    /// SIGUSR1: write the counters.
    case report
  }

  /// Readable after the signal, until ``clear()``.
  public let descriptor: FileDescriptor

  // The handlers write to these pipes.
  private static let reloadPipe = SignalPipe.make()
  private static let reportPipe = SignalPipe.make()

  /// Catches the signal from now on.
  ///
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
