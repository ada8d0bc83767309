import Glibc
import SystemPackage

/// A descriptor and the event to wait for.
public struct Interest: Equatable {
  public let descriptor: FileDescriptor
  public let isWrite: Bool

  /// Waits for input, the end of the input, or an error.
  public static func reading(_ descriptor: FileDescriptor) -> Interest {
    Interest(descriptor: descriptor, isWrite: false)
  }

  /// Waits for room to write, or an error.
  public static func writing(_ descriptor: FileDescriptor) -> Interest {
    Interest(descriptor: descriptor, isWrite: true)
  }
}

/// Waits for an event on one of the descriptors.
///
/// - Parameter deadline: when to stop waiting; nil waits without a limit.
/// - Returns: the interests whose event came; none if the deadline came first.
/// - Throws: ``Failure``.
public func wait(
  for interests: [Interest], until deadline: ContinuousClock.Instant? = nil
) throws -> [Interest] {
  var descriptors = interests.map { interest in
    pollfd(
      fd: interest.descriptor.rawValue,
      events: Int16(interest.isWrite ? POLLOUT : POLLIN), revents: 0)
  }
  var count: Int32
  repeat {
    let timeout = deadline.map { milliseconds(until: $0) } ?? -1
    count = unsafe poll(&descriptors, nfds_t(descriptors.count), timeout)
  } while count < 0 && errno == EINTR
  guard count >= 0 else { throw Failure(nil, Errno(rawValue: errno)) }
  return zip(interests, descriptors).filter { $0.1.revents != 0 }.map(\.0)
}

/// The first of some instants; nil means never.
public func earliest(_ instants: ContinuousClock.Instant?...) -> ContinuousClock.Instant? {
  instants.compactMap(\.self).min()
}

/// The time until an instant in milliseconds, rounded up, for poll(2): at most an hour, 0 after the instant.
public func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
  let left = deadline - ContinuousClock.now
  guard left > .zero else { return 0 }
  let (seconds, attoseconds) = left.components
  guard seconds < 3600 else { return 3_600_000 }
  return Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
}

extension FileDescriptor {
  /// Reads what is there, as much as fits; nothing at the end of the input.
  ///
  /// - Throws: `Errno`.
  public func read(into output: inout OutputSpan<UInt8>) throws(Errno) {
    var failure: Errno?
    unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
      let free = unsafe UnsafeMutableBufferPointer(rebasing: buffer[initialized...])
      do {
        initialized += try unsafe read(into: UnsafeMutableRawBufferPointer(free))
      } catch {
        failure = error as? Errno ?? .ioError
      }
    }
    if let failure { throw failure }
  }

  /// Writes all of `bytes`, and waits for room as long as needed. After a stop signal, it waits for
  /// ``timeoutOfReader`` at most.
  ///
  /// - Throws: ``Failure``; `ReaderGone`, a quiet end of the tool, if nobody reads the output any more.
  public func write(all bytes: Span<UInt8>, as subject: String = "standard output") throws {
    var rest = bytes
    var isAsked = false
    while rest.count > 0 {
      // A pipe that has room takes PIPE_BUF bytes without blocking (pipe(7)).
      let piece = isAsked ? rest.extracting(first: Int(PIPE_BUF)) : rest
      do {
        let count = try write(once: piece)
        rest = rest.extracting(count...)
        if rest.count == 0 { return }
      } catch Errno.interrupted, Errno.wouldBlock {
        // A signal came, or a process that shares the output has set O_NONBLOCK.
      } catch Errno.brokenPipe {
        throw ReaderGone()
      } catch let errno as Errno {
        truncatePartialWrite(bytes.count - rest.count)
        throw Failure(subject, errno)
      }
      isAsked = try StopSignal.isRaised
      let deadline = isAsked ? ContinuousClock.now + FileDescriptor.timeoutOfReader : nil
      if try wait(for: [.writing(self)], until: deadline).isEmpty, isAsked { throw ReaderGone() }
    }
  }

  func write(once bytes: Span<UInt8>) throws -> Int {
    try unsafe bytes.withUnsafeBytes { unsafe try write($0, retryOnInterrupt: false) }
  }

  /// Removes a partial write from the end of a file, as on a full disk, unless another process has appended
  /// since.
  private func truncatePartialWrite(_ count: Int) {
    guard count > 0, let status = try? stat(), status.type == .regular,
      let end = try? seek(offset: 0, from: .current), status.size == end
    else {
      return
    }
    try? resize(to: end - Int64(count))
  }

  /// How long a reader may take nothing after a stop signal before the tool exits.
  public static let timeoutOfReader = Duration.seconds(1)

  /// F_SETPIPE_SZ of Linux, which Swift's Glibc module does not show.
  private static let setPipeSize: Int32 = 1031

  /// Enlarges a pipe to the most that any user may ask for, so that a short pause of its reader stalls nobody.
  /// Does nothing if the descriptor is not a pipe.
  public func enlargePipe() {
    _ = fcntl(rawValue, FileDescriptor.setPipeSize, Int32(StopSignal.pipeSize))
  }

  /// The most bytes that one write puts into the output without another process's bytes between: PIPE_BUF for
  /// a pipe (pipe(7)), any number for a file or a device.
  public var wholeWriteSize: Int {
    let type = try? stat().type
    return type == .regular || type == .characterSpecial ? 64 * 1024 : Int(PIPE_BUF)
  }
}

extension FileDescriptor.OpenOptions {
  /// A line that is opened does not become the controlling terminal, from which signals come.
  public static let noControllingTerminal = Self(rawValue: O_NOCTTY)
}

/// Opens /dev/null in place of a standard input, output or error that the shell has closed (`<&-`);
/// otherwise the next file to be opened would get its number.
///
/// /dev/null is opened only for reading, so that writing to a closed output fails.
func openStandardDescriptors() {
  for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
    _ = unsafe open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR)
  }
}
