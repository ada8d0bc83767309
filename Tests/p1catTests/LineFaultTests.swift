import Testing

@testable import p1cat

/// What the receiver of a serial line says it lost.
@Suite struct LineFaultTests {
  /// As TIOCGICOUNT tells it: wires, bytes, then framing, overrun, parity, break, buffer overrun.
  private static func counted(
    framing: Int32 = 0, overrun: Int32 = 0, parity: Int32 = 0, buffer: Int32 = 0
  ) -> LineFaults {
    LineFaults(
      [1, 2, 3, 4, 5, 6, framing, overrun, parity, 7, buffer] + Array(repeating: 0, count: 9))
  }

  @Test func countsAreSaidInWords() {
    let faults = Self.counted(framing: 1, overrun: 2, parity: 3, buffer: 4)
    #expect(faults.count == 10)
    #expect(
      faults.description == """
        bytes of the line: 2 lost by the receiver, 4 lost by the driver, 1 with a wrong stop bit, \
        3 with wrong parity
        """)
    #expect(Self.counted(overrun: 7).description == "bytes of the line: 7 lost by the receiver")
  }

  /// A driver counts from the start of the machine, over all who opened the line.
  @Test func onlyOurOwnCount() {
    var count = LineFaultCount()
    count.add(Self.counted(overrun: 5))
    #expect(count.faults.count == 0)
    count.begin(Self.counted(overrun: 100))
    count.add(Self.counted(overrun: 103))
    count.add(Self.counted(overrun: 103, parity: 1))
    #expect(count.faults == Self.counted(overrun: 3, parity: 1))
    // The line is gone, and comes back with a driver that begins anew.
    count.add(nil)
    #expect(count.faults.count == 4)
    count.begin(Self.counted(framing: 1))
    count.add(Self.counted(framing: 2))
    #expect(count.faults.count == 5)
  }

  @Test func driverThatCountsNothing() {
    var count = LineFaultCount()
    count.begin(nil)
    count.add(nil)
    count.add(Self.counted(overrun: 5))
    #expect(count.faults.count == 0)
  }
}
