import Glibc
import SystemPackage

/// An output on which a write never blocks, even if nobody reads it.
///
/// O_NONBLOCK on a descriptor holds for every process that shares it, the shell and its terminal included.
/// So the flag is set only where there is no other way.
public struct NonblockingOutput {
  /// Writable when there is room.
  public let descriptor: FileDescriptor
  private let method: Method

  private enum Method {
    /// Opened once more, as a description that nobody shares, with O_NONBLOCK.
    case ownDescription
    /// A socket, for which one call can be told not to block.
    case socket
    /// A pipe that cannot be opened once more, as it is another user's: poll(2) tells whether it has room, and
    /// then it takes PIPE_BUF bytes without blocking (pipe(7)).
    case polled
    /// Another user's terminal: O_NONBLOCK is set on the shared description, and ``leave()`` restores these
    /// flags.
    case flagged(Int32)
  }

  /// Nil for a regular file, which never blocks for long, and for a descriptor that is not open for writing,
  /// where a write fails at once.
  public init?(_ output: FileDescriptor) {
    let type = try? output.stat().type
    guard type != .regular, fcntl(output.rawValue, F_GETFL) & O_ACCMODE != O_RDONLY else {
      return nil
    }
    if let again = NonblockingOutput.openAnew(output) {
      (descriptor, method) = (again, .ownDescription)
      return
    }
    descriptor = output
    switch type {
    case .socket: method = .socket
    case .fifo: method = .polled
    default:
      let flags = fcntl(output.rawValue, F_GETFL)
      _ = fcntl(output.rawValue, F_SETFL, flags | O_NONBLOCK)
      method = .flagged(flags)
    }
  }

  /// Restores the flags of the descriptor.
  public func leave() {
    if case .flagged(let flags) = method { _ = fcntl(descriptor.rawValue, F_SETFL, flags) }
  }

  /// Closes a description of its own. The descriptor that it was made of stays open.
  public func close() {
    if case .ownDescription = method { try? descriptor.close() }
  }

  /// TIOCGPTN of Linux, which Swift's Glibc module does not show. It succeeds on the master of a
  /// pseudo-terminal.
  private static let getTerminalNumber: UInt = 0x8004_5430

  private static func openAnew(_ output: FileDescriptor) -> FileDescriptor? {
    // Opening the master of a pseudo-terminal once more would make a new pseudo-terminal.
    var number: UInt32 = 0
    guard unsafe ioctl(output.rawValue, getTerminalNumber, &number) != 0 else { return nil }
    return try? FileDescriptor.open(
      FilePath("/proc/self/fd/\(output.rawValue)"), .writeOnly,
      options: [.nonBlocking, .noControllingTerminal, .closeOnExec])
  }

  /// Writes as much as there is room for.
  ///
  /// - Returns: the number of bytes written.
  /// - Throws: ``Failure``; `ReaderGone`, a quiet end of the tool, if nobody reads the output any more.
  public func write(_ bytes: Span<UInt8>, as subject: String = "standard output") throws -> Int {
    do {
      switch method {
      case .ownDescription, .flagged:
        return try descriptor.write(once: bytes)
      case .socket:
        return try unsafe bytes.withUnsafeBytes { bytes in
          let count = unsafe send(
            descriptor.rawValue, bytes.baseAddress, bytes.count,
            Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
          // errno has to be read before any other call.
          guard count >= 0 else { throw Errno(rawValue: errno) }
          return count
        }
      case .polled:
        if try wait(for: [.writing(descriptor)], until: .now).isEmpty { return 0 }
        return try descriptor.write(once: bytes.extracting(first: Int(PIPE_BUF)))
      }
    } catch Errno.interrupted, Errno.wouldBlock {
      return 0
    } catch Errno.brokenPipe {
      throw ReaderGone()
    } catch let errno as Errno {
      throw Failure(subject, errno)
    }
  }
}
