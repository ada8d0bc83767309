import Glibc
import SystemPackage

/// What the receiver of a serial line lost or got damaged, as its driver counts it.
struct LineFaults: Equatable {
  /// Bytes that were lost: by the receiver, and as nobody took them from the driver in time.
  var overruns = 0
  var bufferOverruns = 0
  /// Bytes with a wrong stop bit, and with a wrong parity bit.
  var framingErrors = 0
  var parityErrors = 0

  /// All of them together.
  var count: Int { overruns + bufferOverruns + framingErrors + parityErrors }
}

extension LineFaults {
  /// What was counted since the machine was started.
  ///
  /// - Parameter descriptor: the line; nil where its driver counts nothing, as that of a pseudo-terminal.
  init?(of descriptor: FileDescriptor) {
    var counts = [Int32](repeating: 0, count: 20)
    guard unsafe ioctl(descriptor.rawValue, UInt(TIOCGICOUNT), &counts) == 0 else { return nil }
    self.init(counts)
  }

  /// - Parameter counts: a `serial_icounter_struct` of <linux/serial.h>: cts dsr rng dcd rx tx frame
  ///   overrun parity brk buf_overrun, and nine in reserve.
  init(_ counts: [Int32]) {
    framingErrors = Int(counts[6])
    overruns = Int(counts[7])
    parityErrors = Int(counts[8])
    bufferOverruns = Int(counts[10])
  }

  /// Adds what one count has more than another one before it.
  mutating func add(from before: LineFaults, to now: LineFaults) {
    overruns += max(0, now.overruns - before.overruns)
    bufferOverruns += max(0, now.bufferOverruns - before.bufferOverruns)
    framingErrors += max(0, now.framingErrors - before.framingErrors)
    parityErrors += max(0, now.parityErrors - before.parityErrors)
  }
}

extension LineFaults: CustomStringConvertible {
  /// As a message says it: those that there are.
  var description: String {
    let all: KeyValuePairs = [
      "lost by the receiver": overruns, "lost by the driver": bufferOverruns,
      "with a wrong stop bit": framingErrors, "with wrong parity": parityErrors,
    ]
    let parts = all.filter { $0.value > 0 }.map { "\($0.value) \($0.key)" }
    return "bytes of the line: " + parts.joined(separator: ", ")
  }
}
