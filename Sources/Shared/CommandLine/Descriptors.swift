import Glibc
import SystemPackage

/// One descriptor to wait for, and what for.
public struct Interest: Equatable {
  public let descriptor: FileDescriptor
  public let isWrite: Bool

  /// Something to read, the end of the input, or an error.
  public static func reading(_ descriptor: FileDescriptor) -> Interest {
    Interest(descriptor: descriptor, isWrite: false)
  }

  /// Room to write.
  public static func writing(_ descriptor: FileDescriptor) -> Interest {
    Interest(descriptor: descriptor, isWrite: true)
  }
}

/// Waits until something happens on one of the descriptors.
///
/// - Parameters:
///   - interests: the descriptors, and what each is waited for.
///   - deadline: when to wait no longer; nil waits for ever.
/// - Returns: the interests that something happened on; none where the deadline came first.
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

/// The first of some instants; nil stands for one that never comes.
public func earliest(_ instants: ContinuousClock.Instant?...) -> ContinuousClock.Instant? {
  instants.compactMap(\.self).min()
}

/// What is left until an instant, rounded up, within what poll(2) takes; 0 once it has passed.
public func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
  let left = deadline - ContinuousClock.now
  guard left > .zero else { return 0 }
  let (seconds, attoseconds) = left.components
  guard seconds < 3600 else { return 3_600_000 }
  return Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
}

extension FileDescriptor {
  /// Reads what there is into the room of `output`, as much as fits; nothing at the end.
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

  /// Writes all of `bytes` to standard output or another pipe, file or terminal.
  ///
  /// - Throws: ``Failure``; the end of the process, a quiet one, where the reader has gone, or where
  ///   it takes nothing while a signal asks to stop.
  public func write(all bytes: Span<UInt8>, as subject: String = "standard output") throws {
    var rest = bytes
    var isAsked = false
    while rest.count > 0 {
      // A pipe that has room takes so much without waiting for more of it (pipe(7)).
      let piece = isAsked ? rest.extracting(first: Int(PIPE_BUF)) : rest
      do {
        let count = try write(once: piece)
        rest = rest.extracting(count...)
        if rest.count == 0 { return }
      } catch Errno.interrupted, Errno.wouldBlock {
        // A signal; or the output never blocks, made so by whoever shares it.
      } catch Errno.brokenPipe {
        throw ReaderGone()
      } catch let errno as Errno {
        takeBack(bytes.count - rest.count)
        throw Failure(subject, errno)
      }
      isAsked = try StopSignal.isRaised
      let deadline = isAsked ? ContinuousClock.now + FileDescriptor.graceOfReader : nil
      if try wait(for: [.writing(self)], until: deadline).isEmpty, isAsked { throw ReaderGone() }
    }
  }

  /// Writes once, as much as is taken.
  ///
  /// - Throws: `Errno`.
  func write(once bytes: Span<UInt8>) throws -> Int {
    try unsafe bytes.withUnsafeBytes { unsafe try write($0, retryOnInterrupt: false) }
  }

  /// Takes the beginning of what did not go into a file as a whole out of it again, as on a full
  /// disk; not where somebody else has appended behind it.
  private func takeBack(_ count: Int) {
    guard count > 0, let status = try? stat(), status.type == .regular,
      let end = try? seek(offset: 0, from: .current), status.size == end
    else {
      return
    }
    try? resize(to: end - Int64(count))
  }

  /// So long a reader that takes nothing is waited for, once a signal asks to stop.
  public static let graceOfReader = Duration.seconds(1)

  /// F_SETPIPE_SZ of Linux, which Swift's Glibc module does not show.
  private static let setPipeSize: Int32 = 1031

  /// Makes a pipe hold as much as anybody may ask for, so that a pause of its reader stalls nobody;
  /// does nothing to what is no pipe.
  public func enlargePipe() {
    _ = fcntl(rawValue, FileDescriptor.setPipeSize, Int32(StopSignal.pipeSize))
  }

  /// The most bytes that it takes as a whole in one write, whoever else writes to it: a pipe takes
  /// PIPE_BUF so (pipe(7)), a file or a device any number.
  public var wholeWriteSize: Int {
    let type = try? stat().type
    return type == .regular || type == .characterSpecial ? 64 * 1024 : Int(PIPE_BUF)
  }
}

extension FileDescriptor.OpenOptions {
  /// A line that is opened never becomes the terminal that signals come from.
  public static let noControllingTerminal = Self(rawValue: O_NOCTTY)
}
