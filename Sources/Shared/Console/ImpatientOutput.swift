import Glibc
import SystemPackage

/// An output that no write ever waits for, whoever reads it or does not.
///
/// Nothing is set on the descriptor: that would hold for everybody who shares it, the shell and its
/// terminal among them.
public struct ImpatientOutput {
  /// What to wait for room on.
  public let descriptor: FileDescriptor
  private let way: Way

  private enum Way {
    /// Opened anew, for us alone, and never blocks.
    case ownDescription
    case socket
    /// One that cannot be opened anew, as it belongs to somebody else: it is asked for room before,
    /// and a pipe that has any has this much (pipe(7)).
    case asked
  }

  /// Nil for a file on a disk, which always has room, if the disk is given its time.
  ///
  /// - Parameter output: a pipe, a terminal or a socket.
  public init?(_ output: FileDescriptor) {
    let type = try? output.stat().type
    guard type != .regular else { return nil }
    let again = try? FileDescriptor.open(
      FilePath("/proc/self/fd/\(output.rawValue)"), .writeOnly,
      options: [.nonBlocking, .noControllingTerminal, .closeOnExec])
    if let again {
      (descriptor, way) = (again, .ownDescription)
    } else {
      (descriptor, way) = (output, type == .socket ? .socket : .asked)
    }
  }

  /// Writes as much as there is room for.
  ///
  /// - Returns: how many bytes went out.
  /// - Throws: ``Failure``; the end of the process, a quiet one, where the reader has gone.
  public func write(_ bytes: Span<UInt8>, as subject: String = "standard output") throws -> Int {
    do {
      switch way {
      case .ownDescription:
        return try unsafe bytes.withUnsafeBytes {
          unsafe try descriptor.write($0, retryOnInterrupt: false)
        }
      case .socket:
        let count = unsafe bytes.withUnsafeBytes {
          unsafe send(
            descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
        guard count >= 0 else { throw Errno(rawValue: errno) }
        return count
      case .asked:
        if try wait(for: [.writing(descriptor)], until: .now).isEmpty { return 0 }
        return try unsafe bytes.extracting(first: Int(PIPE_BUF)).withUnsafeBytes {
          unsafe try descriptor.write($0, retryOnInterrupt: false)
        }
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
