import Glibc
import SystemPackage

/// SIG_IGN is an address that is no function (signal(7)).
private let addressOfIgnore = 1

/// Sets the handler of a signal. A signal that was ignored when the process began, as by nohup(1), stays
/// ignored.
func handle(_ number: Int32, flags: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
  var action = sigaction()
  unsafe sigaction(number, nil, &action)
  let before = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
  if before == addressOfIgnore { return }
  unsafe action.__sigaction_handler.sa_handler = handler
  action.sa_flags = flags
  unsafe sigaction(number, &action, nil)
}

/// A pipe that wakes the loop of a tool: the handler of a signal writes to it (the self-pipe trick).
struct SignalPipe: Sendable {
  let readEnd: FileDescriptor
  let writeEnd: FileDescriptor

  /// - Returns: the pipe, or the error for ``orFailure()``, as a stored property cannot throw.
  static func make() -> Result<SignalPipe, Errno> {
    do {
      let (readEnd, writeEnd) = try FileDescriptor.pipe()
      return .success(SignalPipe(readEnd: readEnd, writeEnd: writeEnd))
    } catch {
      return .failure(error as? Errno ?? .ioError)
    }
  }
}

/// `Failure` within `Result` is its own kind of error.
typealias ToolFailure = Failure

extension Result<SignalPipe, Errno> {
  func orFailure() throws(ToolFailure) -> SignalPipe {
    do { return try get() } catch { throw ToolFailure("pipe", error) }
  }

  /// Writes a byte from within a signal handler.
  func tell() {
    if case .success(let pipe) = self { writeByte(to: pipe.writeEnd) }
  }
}

/// Writes a byte from within a signal handler.
func writeByte(to descriptor: FileDescriptor) {
  let before = errno
  var byte: UInt8 = 1
  _ = unsafe write(descriptor.rawValue, &byte, 1)
  errno = before
}
