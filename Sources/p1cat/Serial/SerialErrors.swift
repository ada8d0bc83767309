import CommandLine
import Glibc
import SystemPackage

/// Bytes that a serial line lost or damaged, as its driver counts them.
struct SerialErrors: Equatable {
  /// Bytes lost in the receiver, which was not read in time.
  var overruns = 0
  /// Bytes lost in the buffer of the driver, which was not read in time.
  var bufferOverruns = 0
  /// Bytes with a wrong stop bit.
  var framingErrors = 0
  /// Bytes with a wrong parity bit.
  var parityErrors = 0

  var count: Int { overruns + bufferOverruns + framingErrors + parityErrors }
}

extension SerialErrors {
  /// Reads the driver's counters, which run since the machine was started.
  ///
  /// - Parameter descriptor: the line; nil if its driver does not count, as that of a pseudo-terminal.
  init?(of descriptor: FileDescriptor) {
    var counts = [Int32](repeating: 0, count: 20)
    guard unsafe ioctl(descriptor.rawValue, UInt(TIOCGICOUNT), &counts) == 0 else { return nil }
    self.init(counts)
  }

  /// - Parameter counts: a `serial_icounter_struct` of <linux/serial.h>: cts dsr rng dcd rx tx frame
  ///   overrun parity brk buf_overrun, and nine reserved.
  init(_ counts: [Int32]) {
    framingErrors = Int(counts[6])
    overruns = Int(counts[7])
    parityErrors = Int(counts[8])
    bufferOverruns = Int(counts[10])
  }

  /// Adds the errors between two readings of the driver's counters.
  mutating func add(from before: SerialErrors, to now: SerialErrors) {
    overruns += max(0, now.overruns - before.overruns)
    bufferOverruns += max(0, now.bufferOverruns - before.bufferOverruns)
    framingErrors += max(0, now.framingErrors - before.framingErrors)
    parityErrors += max(0, now.parityErrors - before.parityErrors)
  }
}

extension SerialErrors: CustomStringConvertible {
  /// The counters that are not zero, for a message.
  var description: String {
    let all: KeyValuePairs = [
      "receiver overrun": overruns, "driver buffer overrun": bufferOverruns,
      "framing error": framingErrors, "parity error": parityErrors,
    ]
    return all.filter { $0.value > 0 }.map { counted($0.value, $0.key) }.joined(separator: ", ")
  }
}

/// Counts the errors while this process reads the line, over all the times that it was opened.
struct SerialErrorCounter {
  private(set) var errors = SerialErrors()
  /// The previous reading of the driver's counters; nil before ``start(at:)``.
  private var last: SerialErrors?

  /// Ignores the errors so far, which happened before this process read the line.
  ///
  /// - Parameter reading: the driver's counters; nil if it has none, or the line is gone.
  mutating func start(at reading: SerialErrors?) { last = reading }

  /// Adds the errors since the previous reading.
  mutating func add(_ reading: SerialErrors?) {
    guard let last, let reading else { return }
    errors.add(from: last, to: reading)
    self.last = reading
  }
}
