import Metrics

/// The version of the P1 port that a telegram says it has. DSMR 2.2 and 3.0, Sweden and some others
/// say none.
struct MeterVersion: Equatable {
  /// As the meter printed it: `50`, `50217`.
  let text: String
  /// Whether it needs no specification file.
  let isBuiltIn: Bool

  /// The versions of `1-3:0.2.8` that need none. None of those of `0-0:96.1.4`, in Belgium and
  /// Greece, needs one: a code means the same in each of them.
  private static let builtIn = ["40", "42", "50"]

  private static let code = OBISCode(1, 3, 0, 2, 8)
  private static let belgianCode = OBISCode(0, 0, 96, 1, 4)

  /// Nil where the telegram says none.
  init?(of layout: TelegramLayout, _ telegram: Span<UInt8>) {
    for line in layout.lines
    where line.code == MeterVersion.code || line.code == MeterVersion.belgianCode {
      guard let group = layout.groups(of: line).first, !group.isEmpty,
        !OctetText.isError(telegram.extracting(group))
      else {
        continue
      }
      if line.code == MeterVersion.code {
        text = OctetText.trimmed([UInt8](telegram.extracting(group))).span.latin1Line
        isBuiltIn = MeterVersion.builtIn.contains(text)
      } else {
        text = MeterVersion.digits(telegram.extracting(group)).span.latin1Line
        isBuiltIn = true
      }
      return
    }
    return nil
  }

  /// `50217`, which some Belgian meters print as the hexadecimal of these digits.
  static func digits(_ group: Span<UInt8>) -> [UInt8] {
    let decoded = OctetText.decode(group)
    let isNumber = !decoded.isEmpty && decoded.allSatisfy { $0.decimalDigit != nil }
    return isNumber ? decoded : [UInt8](group)
  }
}
