import Testing

@testable import p1cat

/// The error counters of a serial line.
@Suite struct LineFaultTests {
  /// The counters of TIOCGICOUNT: wires, bytes, framing, overrun, parity, break, buffer overrun.
  private static func counted(
    framing: Int32 = 0, overrun: Int32 = 0, parity: Int32 = 0, buffer: Int32 = 0
  ) -> SerialErrors {
    SerialErrors(
      [1, 2, 3, 4, 5, 6, framing, overrun, parity, 7, buffer] + Array(repeating: 0, count: 9))
  }

  @Test func countsAreSaidInWords() {
    let errors = Self.counted(framing: 1, overrun: 2, parity: 3, buffer: 4)
    #expect(errors.count == 10)
    #expect(
      errors.description
        == "2 receiver overruns, 4 driver buffer overruns, 1 framing error, 3 parity errors")
    #expect(Self.counted(overrun: 7).description == "7 receiver overruns")
  }

  /// A driver counts from the start of the machine, for all processes that open the line.
  @Test func onlyOurOwnCount() {
    var counter = SerialErrorCounter()
    counter.add(Self.counted(overrun: 5))
    #expect(counter.errors.count == 0)
    counter.start(at: Self.counted(overrun: 100))
    counter.add(Self.counted(overrun: 103))
    counter.add(Self.counted(overrun: 103, parity: 1))
    #expect(counter.errors == Self.counted(overrun: 3, parity: 1))
    // The line was unplugged; its driver counts from 0 again.
    counter.add(nil)
    #expect(counter.errors.count == 4)
    counter.start(at: Self.counted(framing: 1))
    counter.add(Self.counted(framing: 2))
    #expect(counter.errors.count == 5)
  }

  @Test func driverThatCountsNothing() {
    var counter = SerialErrorCounter()
    counter.start(at: nil)
    counter.add(nil)
    counter.add(Self.counted(overrun: 5))
    #expect(counter.errors.count == 0)
  }
}
