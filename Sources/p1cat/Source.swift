import Console
import Glibc
import SystemPackage

/// Where telegrams come from, opened: a serial line, a file, a pipe.
struct Source {
  /// What messages call it.
  let name: String
  let descriptor: FileDescriptor
  /// Whether it is a serial line, which has no end.
  var isSerialLine: Bool { silence != nil }
  /// For how long nothing may come before that is worth a message; nil where nothing is expected.
  let silence: Duration?

  /// - Parameters:
  ///   - name: a path, or `-` for standard input.
  ///   - settings: what a serial line is set to.
  /// - Throws: `Failure` where it cannot be opened, or is a serial line that cannot be set.
  init(_ name: String, _ settings: SerialLine.Settings) throws {
    guard name != "-" else {
      self.name = "standard input"
      descriptor = .standardInput
      silence = nil
      return
    }
    self.name = name
    do {
      // Without O_NONBLOCK, a line without a carrier would be waited for here.
      descriptor = try FileDescriptor.open(
        FilePath(name), .readOnly, options: [.nonBlocking, .noControllingTerminal, .closeOnExec])
    } catch Errno.resourceBusy {
      throw SerialLine.inUse(name)
    } catch let errno as Errno {
      throw Failure(name, errno, .noInput)
    }
    var status = stat()
    if unsafe fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw Failure(name, .isDirectory, .noInput)
    }
    if isatty(descriptor.rawValue) == 1 {
      try SerialLine.prepare(descriptor, name, settings)
      silence = settings.silence
    } else {
      silence = nil
    }
  }
}

extension FileDescriptor.OpenOptions {
  /// A line that is opened never becomes the terminal that signals come from.
  fileprivate static let noControllingTerminal = Self(rawValue: O_NOCTTY)
}
