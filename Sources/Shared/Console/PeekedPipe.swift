import CPipe
import Glibc
import Records
import SystemPackage

/// A pipe on standard input that is read without taking anything out of it, until what was read is
/// kept elsewhere: whoever reads on after a kill finds it there.
struct PeekedPipe {
  /// What the input holds is copied through this one.
  private let aside: (readEnd: FileDescriptor, writeEnd: FileDescriptor)

  /// - Returns: nil where standard input is no pipe.
  init?() {
    guard (try? FileDescriptor.standardInput.stat().type) == .fifo,
      let pipe = try? FileDescriptor.pipe()
    else {
      return nil
    }
    aside = pipe
    // A pipe has room for so many pieces, however small, and standard input may hold many.
    pipe.writeEnd.enlargePipe()
    for end in [pipe.readEnd, pipe.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
  }

  /// What the pipe holds, from its beginning.
  ///
  /// - Parameter limit: the most bytes.
  /// - Returns: none at the end of the input.
  /// - Throws: `Errno`, which is `wouldBlock` where there is nothing yet.
  func peek(_ limit: Int) throws(Errno) -> [UInt8] {
    let count = pipe_peek(
      FileDescriptor.standardInput.rawValue, aside.writeEnd.rawValue, limit)
    guard count >= 0 else { throw Errno(rawValue: errno) }
    return try aside.readEnd.readAll(count)
  }

  /// Whether nobody has it open for writing: what it holds is all there will be.
  var isAbandoned: Bool {
    var descriptor = pollfd(
      fd: FileDescriptor.standardInput.rawValue, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&descriptor, 1, 0) > 0 && descriptor.revents & Int16(POLLHUP) != 0
  }

  /// Whether there may be no room in the pipe for more than so many bytes.
  func mayBeFull(with count: Int) -> Bool {
    let getPipeSize: Int32 = 1032  // F_GETPIPE_SZ of Linux
    return count + Int(PIPE_BUF) > fcntl(FileDescriptor.standardInput.rawValue, getPipeSize)
  }

  /// Takes so many bytes out, which were seen before.
  func take(_ count: Int) {
    _ = try? FileDescriptor.standardInput.readAll(count)
  }
}

extension FileDescriptor {
  /// Reads bytes that are there.
  fileprivate func readAll(_ count: Int) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let known = bytes.count
      do throws(Errno) {
        try bytes.append(addingCapacity: count - known) { room throws(Errno) in
          try read(into: &room)
        }
      } catch .interrupted {
        continue
      }
      guard bytes.count > known else { break }
    }
    return bytes
  }
}
