/// What a serial line carries, bit by bit, and what a receiver makes of it.
///
/// A receiver that is set to another speed finds start bits where there are none, and garbage. So
/// does a real one.
public struct SerialSignal {
  /// The level of the line for each bit's time.
  private var levels: [Bool] = []
  /// The level where nothing is sent.
  private let idleLevel: Bool
  /// How many bits there are in a second.
  private let rate: Int

  /// - Parameters:
  ///   - bytes: what is sent.
  ///   - rate: bits a second.
  ///   - hasParity: 7 data bits and even parity, 7E1; else 8N1.
  ///   - hasParityBit: 8 data bits and even parity, 8E1.
  ///   - isInverted: whether high is low, as behind a cable that does not invert P1's signal.
  ///   - pauseLength: in bits, after the byte with this index.
  public init(
    _ bytes: [UInt8], rate: Int, hasParity: Bool = false, hasParityBit: Bool = false,
    isInverted: Bool = false,
    pauseLength: (Int) -> Int = { _ in 0 }
  ) {
    self.rate = rate
    idleLevel = !isInverted
    levels.reserveCapacity(bytes.count * 10)
    for (index, byte) in bytes.enumerated() {
      let character = hasParity ? byte & 0x7F : byte
      let isOdd = character.nonzeroBitCount % 2 == 1
      let octet = hasParity && isOdd ? character | 0x80 : character
      levels.append(false)
      for bit in 0..<8 { levels.append(octet >> UInt8(bit) & 1 == 1) }
      if hasParityBit { levels.append(octet.nonzeroBitCount % 2 == 1) }
      levels.append(true)
      levels.append(contentsOf: repeatElement(true, count: pauseLength(index)))
    }
    if isInverted { levels = levels.map { !$0 } }
  }

  /// What a receiver makes of it, which samples the middle of each bit.
  /// - Parameters:
  ///   - rate: what it is set to.
  ///   - hasParity: whether it is set to 7E1; else to 8N1.
  ///   - hasParityBit: whether it is set to 8E1.
  ///   - isChecked: whether a byte with a wrong parity or stop bit reads as zero, as Linux has it with
  ///     INPCK and a driver that tells of it; else as it is.
  /// - Returns: the bytes.
  public func received(
    at rate: Int, hasParity: Bool = false, hasParityBit: Bool = false, isChecked: Bool = true
  ) -> [UInt8] {
    // In sixteenths of a bit of the receiver, as its clock ticks.
    let end = levels.count * 16 * rate / self.rate
    func level(_ tick: Int) -> Bool {
      let index = tick * self.rate / (16 * rate)
      return index < levels.count ? levels[index] : idleLevel
    }
    let stopBit = hasParityBit ? 10 : 9
    var bytes: [UInt8] = []
    var tick = 0
    while tick < end {
      guard !level(tick), !level(tick + 8) else {
        tick += 1
        continue
      }
      var byte: UInt8 = 0
      for bit in 0..<8 where level(tick + 8 + 16 * (bit + 1)) { byte |= 1 << UInt8(bit) }
      let isStopped = level(tick + 8 + 16 * stopBit)
      let isRight = isStopped && (!hasParity || byte.nonzeroBitCount.isMultiple(of: 2))
      bytes.append(isRight || !isChecked ? byte & (hasParity ? 0x7F : 0xFF) : 0)
      tick += 8 + 16 * stopBit
      // After a wrong stop bit, a start bit has to be waited for.
      while !isStopped, tick < end, !level(tick) { tick += 1 }
    }
    return bytes
  }
}
