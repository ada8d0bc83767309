import Foundation
import SystemPackage

/// A pseudo-terminal in place of a serial line: the test writes as the meter, and a tool opens `path`.
///
/// It buffers about 17 KB and then blocks the writer, so it cannot simulate a receiver overrun.
public final class PseudoTerminal: Sendable {
  /// The device for the tool, `/dev/pts/N`.
  public let path: String
  private let master: Descriptor

  /// Opens a new pair. The device has the settings of a terminal until a tool changes them.
  public init() throws {
    var (descriptor, device): (Int32, Int32) = (-1, -1)
    guard openpty(&descriptor, &device, nil, nil, nil) == 0 else { throw Errno(rawValue: errno) }
    defer { Foundation.close(device) }
    master = Descriptor(descriptor)
    path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(device)")
  }

  /// Sends bytes to the tool.
  /// - Throws: `Errno.timedOut` if the line was full until the limit.
  public func write(_ bytes: [UInt8], within limit: Duration = .seconds(10)) async throws {
    if try await !master.write(bytes, within: limit) { throw Errno.timedOut }
  }

  public func write(_ text: String, within limit: Duration = .seconds(10)) async throws {
    try await write(Array(text.utf8), within: limit)
  }

  /// The bytes written to the device since the last read.
  public func read() -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = master.withNumber { Foundation.read($0, &buffer, buffer.count) }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// The current settings of the device; on Linux the master side has them too.
  public func settings() throws -> termios {
    var settings = termios()
    let result = master.withNumber { tcgetattr($0, &settings) }
    guard result == 0 else { throw Errno(rawValue: errno) }
    return settings
  }

  /// Waits until a tool has opened the device and made it raw; before that, bytes would be echoed
  /// and held back until the end of a line.
  /// - Throws: `Errno.timedOut` if that does not happen in time.
  public func waitUntilRaw(within limit: Duration = .seconds(10)) async throws {
    let isRaw = try await Deadline(in: limit).poll { try settings().isRaw }
    if !isRaw { throw Errno.timedOut }
  }

  /// Hangs up: a reader of the device gets the end of the file or an error.
  public func close() {
    master.close()
  }
}

extension termios {
  /// Whether bytes pass as they are: no lines, echo, signals, nor translation of either direction.
  public var isRaw: Bool {
    let local = tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    let input = tcflag_t(ICRNL | INLCR | IGNCR | ISTRIP | IXON | BRKINT | PARMRK)
    return c_lflag & local == 0 && c_iflag & input == 0 && c_oflag & tcflag_t(OPOST) == 0
  }

  /// The speed of the line as one of the `B` constants, such as `B115200`.
  public var speed: speed_t {
    var copy = self
    return cfgetispeed(&copy)
  }
}
