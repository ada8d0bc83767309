/// Which speed a meter talks at: 115200 baud from DSMR 4 on, 9600 before.
///
/// A speed is tried for as long as every meter takes to begin a telegram and anything like text
/// comes, or until what comes cannot be text. The one at which a telegram came is kept, until none
/// has come for a while.
struct BaudRateSearch {
  /// The speeds, the likelier one first.
  static let rates = [115_200, 9600]

  /// Meters print a telegram every ten seconds at least (P1 companion standard 3.0, 4 and 5).
  private static let longestTry = Duration.seconds(11)
  /// So long no telegram may come before the meter may be another one.
  private static let longestSilence = Duration.seconds(60)
  /// So many bytes tell whether they are text.
  private static let judgedCount = 32

  private var index = 0
  private var since: ContinuousClock.Instant
  private var byteCount = 0
  private var oddCount = 0
  /// Whether a telegram came at this speed.
  private(set) var isFound = false
  /// How many speeds were tried in vain since the last telegram, at which anything came.
  private(set) var vainCount = 0

  /// - Parameter now: when the line was set to the first speed.
  init(at now: ContinuousClock.Instant) {
    since = now
  }

  /// The speed to read at.
  var rate: Int { BaudRateSearch.rates[index] }

  /// When the next speed is due.
  var deadline: ContinuousClock.Instant {
    if isFound { return since + BaudRateSearch.longestSilence }
    return byteCount >= BaudRateSearch.judgedCount && !isText
      ? since : since + BaudRateSearch.longestTry
  }

  /// Looks at what came at this speed.
  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
    guard !isFound else { return }
    byteCount += bytes.count
    for index in bytes.indices where !bytes[index].isText { oddCount += 1 }
    if isText { since = now }
  }

  /// A telegram has come: this is the speed.
  mutating func telegramCame(at now: ContinuousClock.Instant) {
    isFound = true
    begin(at: now)
    vainCount = 0
  }

  /// The line was opened again.
  mutating func begin(at now: ContinuousClock.Instant) {
    since = now
    byteCount = 0
    oddCount = 0
  }

  /// Goes on with the next speed.
  mutating func turn(at now: ContinuousClock.Instant) {
    if byteCount > 0 { vainCount += 1 }
    index = (index + 1) % BaudRateSearch.rates.count
    isFound = false
    begin(at: now)
  }

  /// Whether what came looks like text: at a wrong speed, most of it is no character.
  private var isText: Bool { oddCount * 4 <= byteCount }
}

extension UInt8 {
  /// Whether it is a character of a telegram or a line end, with any parity.
  fileprivate var isText: Bool {
    let character = self & 0x7F
    return (0x20..<0x7F).contains(character) || character == 0x0D || character == 0x0A
  }
}
