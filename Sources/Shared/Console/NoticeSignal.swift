import Glibc
import SystemPackage

/// A signal that asks for something and ends nothing, as a descriptor.
public struct NoticeSignal {
  /// What is asked for.
  public enum Kind: CaseIterable, Sendable {
    /// SIGHUP: read the files again.
    case reload
    /// SIGUSR1: say how it goes.
    case report

    fileprivate var number: Int32 {
      switch self {
      case .reload: SIGHUP
      case .report: SIGUSR1
      }
    }
  }

  /// Readable once the signal came, until ``clear()``.
  public let descriptor: FileDescriptor

  /// By the number of the signal; the handler writes to the other ends.
  private static let pipes = Dictionary(
    uniqueKeysWithValues: Kind.allCases.map { ($0.number, try? FileDescriptor.pipe()) })

  /// Catches the signal.
  ///
  /// - Parameter kind: which.
  /// - Throws: ``Failure``.
  public init(_ kind: Kind) throws {
    guard let pipe = NoticeSignal.pipes[kind.number] ?? nil,
      fcntl(pipe.readEnd.rawValue, F_SETFL, O_NONBLOCK) == 0,
      fcntl(pipe.writeEnd.rawValue, F_SETFL, O_NONBLOCK) == 0
    else {
      throw Failure(nil, Errno(rawValue: errno))
    }
    descriptor = pipe.readEnd
    handle(kind.number, flags: SA_RESTART) { number in
      if let pipe = NoticeSignal.pipes[number] ?? nil { tell(pipe.writeEnd) }
    }
  }

  /// Forgets the signals that came so far.
  public func clear() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while unsafe read(descriptor.rawValue, &bytes, bytes.count) > 0 {}
  }
}
