import Telegrams

/// Finds the speed of a meter: 115200 baud from DSMR 4 on, 9600 before, and 2400 for meters that push DLMS lists.
///
/// Each speed is tried for as long as a meter may pause before a telegram, and longer while text or frames arrive. A
/// try ends at once when the bytes are neither. 2400 baud is tried only when the bytes are those of a slower line. The
/// speed at which a telegram arrived is kept until bytes have arrived for a minute without a telegram: the meter may
/// have been replaced.
struct BaudRateSearch {
  /// The more common speed comes first.
  static let rates = [115_200, 9600, 2400]

  /// Meters begin a telegram at least every ten seconds (P1 companion standard 3.0, 4 and 5), and may
  /// take eight seconds to print it.
  private static let trialTime = Duration.seconds(11)
  private static let trialTimeForText = Duration.seconds(22)
  /// How long it takes at most until a telegram arrives at the second speed. A first message ends the tries of the
  /// first two, so the third takes no longer.
  static let longestSearch = trialTime + trialTimeForText
  private static let timeWithoutTelegram = Duration.seconds(60)
  /// Fewer bytes than this do not tell text from garbage.
  private static let sampleSize = 32
  /// A meter pauses for longer between messages, also if it sends one each second, and for less inside one.
  private static let pause = Duration.milliseconds(250)

  private var index = 0
  /// When the try began; once the speed is found, when the first byte after a telegram arrived.
  private var startedAt: ContinuousClock.Instant
  private var lastByteAt: ContinuousClock.Instant
  private var byteCount = 0
  private var nonTextCount = 0
  private var slowCount = 0
  /// The first bytes of the try, which may begin with a frame.
  private var firstBytes: [UInt8] = []
  /// Whether the try began in the middle of a message, the rest of which may be anything.
  private var beganInside = false
  /// Whether a telegram arrived at this speed.
  private(set) var isFound = false

  /// Whether a telegram may have any bytes, as an encrypted one has. Then no try ends early.
  private let mayBeBinary: Bool

  init(at now: ContinuousClock.Instant, mayBeBinary: Bool = false) {
    startedAt = now
    lastByteAt = now
    self.mayBeBinary = mayBeBinary
  }

  /// The speed to read at, in baud.
  var rate: Int { BaudRateSearch.rates[index] }

  private var isSlowest: Bool { index == BaudRateSearch.rates.count - 1 }

  /// When to try the next speed; nil while this one is good.
  var deadline: ContinuousClock.Instant? {
    if isFound { return byteCount > 0 ? startedAt + BaudRateSearch.timeWithoutTelegram : nil }
    guard byteCount >= BaudRateSearch.sampleSize else {
      return startedAt + BaudRateSearch.trialTime
    }
    let mayBeRight =
      mayBeBinary || looksLikeText || beganInside || isSlowest
      || StreamKind(frameIn: firstBytes.span) != nil
    return mayBeRight && !isSlower ? startedAt + BaudRateSearch.trialTimeForText : startedAt
  }

  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
    if isFound {
      if byteCount == 0 { startedAt = now }
      byteCount += bytes.count
      return
    }
    if beganInside, now >= lastByteAt + BaudRateSearch.pause {
      beganInside = false
      if !looksLikeText { discardBytes() }
    }
    lastByteAt = now
    firstBytes.append(
      contentsOf: bytes.extracting(first: BaudRateSearch.sampleSize * 2 - firstBytes.count))
    for index in bytes.indices where bytes[index] != BaudRateSearch.filler {
      byteCount += 1
      if !bytes[index].isText { nonTextCount += 1 }
      if bytes[index].isOfSlowerLine { slowCount += 1 }
    }
  }

  /// Keeps this speed, as a telegram arrived at it.
  mutating func receivedTelegram(at now: ContinuousClock.Instant) {
    isFound = true
    restart(at: now)
  }

  /// Gives this speed its full time again, as the line was reopened.
  mutating func restart(at now: ContinuousClock.Instant) {
    startedAt = now
    lastByteAt = now
    beganInside = false
    discardBytes()
  }

  private mutating func discardBytes() {
    byteCount = 0
    nonTextCount = 0
    slowCount = 0
    firstBytes = []
  }

  mutating func tryNextRate(at now: ContinuousClock.Instant) {
    let hasBytes = byteCount > 0
    index = index == 0 || isSlower ? index + 1 : 0
    isFound = false
    restart(at: now)
    beganInside = hasBytes
  }

  /// Hungarian meters fill a message with this byte, and an idle line may show it at any speed.
  private static let filler: UInt8 = 0xFF

  /// Text has next to no other bytes. Read at a wrong speed, at least a tenth of the bytes are not
  /// characters: measured on some hundred real telegrams, each read at the other speed.
  private var looksLikeText: Bool { nonTextCount * 16 <= byteCount }

  /// Whether nearly all bytes are those of a line with a lower speed.
  private var isSlower: Bool {
    !isSlowest && !isFound && byteCount >= BaudRateSearch.sampleSize
      && slowCount * 8 >= byteCount * 7
  }
}

extension UInt8 {
  /// Whether this is a character of a telegram or a line end, with any parity bit.
  fileprivate var isText: Bool {
    let character = self & 0x7F
    return (0x20..<0x7F).contains(character) || character == 0x0D || character == 0x0A
  }

  /// Whether this can be read from a line with a quarter of the speed or less: each of its bits is read at least four
  /// times in a row, the start bit first.
  fileprivate var isOfSlowerLine: Bool {
    switch self {
    case 0x00, 0x78, 0x80, 0xC0, 0xE0, 0xF0, 0xF8: true
    default: false
    }
  }
}
