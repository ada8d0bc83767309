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

  init() {}

  /// - Parameter descriptor: the line; nil where its driver counts nothing, as that of a pseudo-terminal.
  init?(of descriptor: FileDescriptor) {
    // struct serial_icounter_struct of <linux/serial.h>: cts dsr rng dcd rx tx frame overrun parity
    // brk buf_overrun, and nine in reserve.
    var counts = [Int32](repeating: 0, count: 20)
    guard unsafe ioctl(descriptor.rawValue, UInt(TIOCGICOUNT), &counts) == 0 else { return nil }
    framingErrors = Int(counts[6])
    overruns = Int(counts[7])
    parityErrors = Int(counts[8])
    bufferOverruns = Int(counts[10])
  }

  /// All of them together.
  var count: Int { overruns + bufferOverruns + framingErrors + parityErrors }

  static func + (one: LineFaults, other: LineFaults) -> LineFaults {
    one.combined(with: other, by: +)
  }

  static func - (one: LineFaults, other: LineFaults) -> LineFaults {
    one.combined(with: other, by: -)
  }

  private func combined(with other: LineFaults, by operation: (Int, Int) -> Int) -> LineFaults {
    var result = LineFaults()
    result.overruns = operation(overruns, other.overruns)
    result.bufferOverruns = operation(bufferOverruns, other.bufferOverruns)
    result.framingErrors = operation(framingErrors, other.framingErrors)
    result.parityErrors = operation(parityErrors, other.parityErrors)
    return result
  }
}

extension LineFaults: CustomStringConvertible {
  /// As a message says it: those that there are.
  var description: String {
    let all: KeyValuePairs = [
      "bytes lost by the receiver": overruns, "bytes lost by the driver": bufferOverruns,
      "bytes with a wrong stop bit": framingErrors, "bytes with wrong parity": parityErrors,
    ]
    return all.filter { $0.value > 0 }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }
}
