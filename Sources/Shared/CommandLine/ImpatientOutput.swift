import Glibc
import SystemPackage

/// An output that no write ever waits for, whoever reads it or does not.
///
/// What is set on a descriptor holds for everybody who shares it, the shell and its terminal among
/// them. So nothing is, where that can be helped.
public struct ImpatientOutput {
  /// What to wait for room on.
  public let descriptor: FileDescriptor
  private let way: Way

  private enum Way {
    /// Opened anew, for us alone, and never blocks.
    case ownDescription
    case socket
    /// A pipe of somebody else, which cannot be opened anew: it is asked for room before, and one that
    /// has any has this much (pipe(7)).
    case asked
    /// A terminal of somebody else: its flags are changed, from these, until ``leave()``.
    case flagged(Int32)
  }

  /// Nil for a file on a disk, which always has room, if the disk is given its time, and for what is
  /// not open for writing: whoever writes there meets an error at once.
  ///
  /// - Parameter output: a pipe, a terminal or a socket.
  public init?(_ output: FileDescriptor) {
    let type = try? output.stat().type
    guard type != .regular, fcntl(output.rawValue, F_GETFL) & O_ACCMODE != O_RDONLY else {
      return nil
    }
    if let again = ImpatientOutput.openAnew(output) {
      (descriptor, way) = (again, .ownDescription)
      return
    }
    descriptor = output
    switch type {
    case .socket: way = .socket
    case .fifo: way = .asked
    default:
      let flags = fcntl(output.rawValue, F_GETFL)
      _ = fcntl(output.rawValue, F_SETFL, flags | O_NONBLOCK)
      way = .flagged(flags)
    }
  }

  /// Leaves the descriptor as it was.
  public func leave() {
    if case .flagged(let flags) = way { _ = fcntl(descriptor.rawValue, F_SETFL, flags) }
  }

  /// TIOCGPTN of Linux, which Swift's Glibc module does not show: only a far end has the number.
  private static let getTerminalNumber: UInt = 0x8004_5430

  /// Opens the same pipe or terminal once more, for us alone.
  private static func openAnew(_ output: FileDescriptor) -> FileDescriptor? {
    // The far end of a pseudo-terminal would be that of a new one.
    var number: UInt32 = 0
    guard unsafe ioctl(output.rawValue, getTerminalNumber, &number) != 0 else { return nil }
    return try? FileDescriptor.open(
      FilePath("/proc/self/fd/\(output.rawValue)"), .writeOnly,
      options: [.nonBlocking, .noControllingTerminal, .closeOnExec])
  }

  /// Writes as much as there is room for.
  ///
  /// - Returns: how many bytes went out.
  /// - Throws: ``Failure``; the end of the process, a quiet one, where the reader has gone.
  public func write(_ bytes: Span<UInt8>, as subject: String = "standard output") throws -> Int {
    do {
      switch way {
      case .ownDescription, .flagged:
        return try descriptor.write(once: bytes)
      case .socket:
        return try unsafe bytes.withUnsafeBytes { bytes in
          let count = unsafe send(
            descriptor.rawValue, bytes.baseAddress, bytes.count,
            Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
          // Read here, before anything else is called.
          guard count >= 0 else { throw Errno(rawValue: errno) }
          return count
        }
      case .asked:
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
