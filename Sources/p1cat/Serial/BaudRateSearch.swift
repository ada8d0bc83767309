/// Which speed a meter talks at: 115200 baud from DSMR 4 on, 9600 before.
///
/// Each speed is tried for as long as a meter takes to begin a telegram, and for longer while text
/// comes. A try is over at once when what comes cannot be text. The speed at which a telegram came is
/// kept, until bytes have come for a while and no telegram: it may be another meter then.
struct BaudRateSearch {
  /// The speeds, the likelier one first.
  static let rates = [115_200, 9600]

  /// Meters begin a telegram every ten seconds at least (P1 companion standard 3.0, 4 and 5), and may
  /// take eight to print it.
  private static let longestTry = Duration.seconds(11)
  private static let longestTryOfText = Duration.seconds(22)
  private static let longestVain = Duration.seconds(60)
  /// So many bytes tell whether they are text.
  private static let judgedCount = 32

  private var index = 0
  /// When the try began, or the first byte came after a telegram.
  private var since: ContinuousClock.Instant
  private var byteCount = 0
  private var oddCount = 0
  /// Whether a telegram came at this speed.
  private(set) var isFound = false

  /// - Parameter now: when the line was set to the first speed.
  init(at now: ContinuousClock.Instant) {
    since = now
  }

  /// The speed to read at.
  var rate: Int { BaudRateSearch.rates[index] }

  /// When the next speed is due; nil while nothing tells against this one.
  var deadline: ContinuousClock.Instant? {
    if isFound { return byteCount > 0 ? since + BaudRateSearch.longestVain : nil }
    guard byteCount >= BaudRateSearch.judgedCount else { return since + BaudRateSearch.longestTry }
    return isText ? since + BaudRateSearch.longestTryOfText : since
  }

  /// Looks at what came.
  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
    if isFound {
      if byteCount == 0 { since = now }
      byteCount += bytes.count
      return
    }
    for index in bytes.indices where bytes[index] != BaudRateSearch.filler {
      byteCount += 1
      if !bytes[index].isText { oddCount += 1 }
    }
  }

  /// A telegram has come: this is the speed.
  mutating func telegramCame(at now: ContinuousClock.Instant) {
    isFound = true
    begin(at: now)
  }

  /// Begins to try this speed, as the line was opened again.
  mutating func begin(at now: ContinuousClock.Instant) {
    since = now
    byteCount = 0
    oddCount = 0
  }

  /// Goes on with the next speed.
  mutating func turn(at now: ContinuousClock.Instant) {
    index = (index + 1) % BaudRateSearch.rates.count
    isFound = false
    begin(at: now)
  }

  /// Some meters fill a message with this (Hungary), and any line that is idle may show it.
  private static let filler: UInt8 = 0xFF

  /// Whether what came may be text, which has next to no other bytes. Of what is read at a wrong speed
  /// a tenth at least are no characters: of some hundred real telegrams, each read as the other kind.
  private var isText: Bool { oddCount * 16 <= byteCount }
}

extension UInt8 {
  /// Whether it is a character of a telegram or a line end, with any parity.
  fileprivate var isText: Bool {
    let character = self & 0x7F
    return (0x20..<0x7F).contains(character) || character == 0x0D || character == 0x0A
  }
}
