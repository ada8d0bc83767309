import Glibc
import SystemPackage

/// SIGHUP as a descriptor, for a tool that then reads its files again.
public struct ReloadSignal {
  /// Readable once the signal came, until ``clear()``.
  public let descriptor: FileDescriptor

  /// The other end, where the handler writes.
  private static let pipe = try? FileDescriptor.pipe()

  /// Catches the signal.
  public init() throws {
    guard let pipe = ReloadSignal.pipe,
      fcntl(pipe.readEnd.rawValue, F_SETFL, O_NONBLOCK) == 0,
      fcntl(pipe.writeEnd.rawValue, F_SETFL, O_NONBLOCK) == 0
    else {
      throw Failure(nil, Errno(rawValue: errno))
    }
    descriptor = pipe.readEnd
    handle(SIGHUP, flags: SA_RESTART) { _ in
      ReloadSignal.pipe.map { tell($0.writeEnd) }
    }
  }

  /// Forgets the signals that came so far.
  public func clear() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while unsafe read(descriptor.rawValue, &bytes, bytes.count) > 0 {}
  }
}
