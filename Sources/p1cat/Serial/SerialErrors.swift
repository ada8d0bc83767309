import Glibc
import SystemPackage

/// What the receiver of a serial line lost or got damaged, as its driver counts it.
struct SerialErrors: Equatable {
  /// Bytes that were lost: by the receiver, and as nobody took them from the driver in time.
  var overruns = 0
  var bufferOverruns = 0
  /// Bytes with a wrong stop bit, and with a wrong parity bit.
  var framingErrors = 0
  var parityErrors = 0

  /// All of them together.
  var count: Int { overruns + bufferOverruns + framingErrors + parityErrors }
}

extension SerialErrors {
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
  mutating func add(from before: SerialErrors, to now: SerialErrors) {
    overruns += max(0, now.overruns - before.overruns)
    bufferOverruns += max(0, now.bufferOverruns - before.bufferOverruns)
    framingErrors += max(0, now.framingErrors - before.framingErrors)
    parityErrors += max(0, now.parityErrors - before.parityErrors)
  }
}

extension SerialErrors: CustomStringConvertible {
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

/// What the receiver of a line lost while we read it, over all the times that it was opened.
struct SerialErrorCounter {
  private(set) var faults = SerialErrors()
  /// What the driver had counted when it was last asked; nil where that is none of ours.
  private var last: SerialErrors?

  /// Begins to count here: what the driver counted before is none of ours.
  ///
  /// - Parameter now: what the driver has counted; nil where it counts nothing, or the line is gone.
  mutating func begin(_ now: SerialErrors?) { last = now }

  /// Adds what the driver has counted since it was last asked.
  ///
  /// - Parameter now: as above.
  mutating func add(_ now: SerialErrors?) {
    guard let last, let now else { return }
    faults.add(from: last, to: now)
    self.last = now
  }
}
