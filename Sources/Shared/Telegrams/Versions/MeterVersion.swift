import Metrics
import Records

/// What a telegram tells of its meter: the version of the P1 port that it says, or which kind of meter
/// it is of by the codes that it prints.
struct MeterVersion: Equatable {
  /// The versions by which its specification file is looked for, the likeliest first: `50`, `50217`,
  /// `SE`.
  let names: [String]
  /// Whether it needs no specification file.
  let isBuiltIn: Bool
  /// What other tools' names depend on.
  let meter: MeterKind

  private static let code = OBISCode(1, 3, 0, 2, 8)
  private static let belgianCode = OBISCode(0, 0, 96, 1, 4)

  /// Whether a line with this code says the version.
  static func isSaid(by code: OBISCode) -> Bool {
    code == MeterVersion.code || code == belgianCode
  }

  init(of layout: TelegramLayout, _ telegram: Span<UInt8>) {
    let codes = layout.lines.map(\.code)
    let kind = MeterVersion.kind(of: codes)
    for line in layout.lines where MeterVersion.isSaid(by: line.code) {
      guard let group = layout.groups(of: line).first, !group.isEmpty,
        !OctetText.isError(telegram.extracting(group))
      else {
        continue
      }
      let text = telegram.extracting(group)
      if line.code == MeterVersion.belgianCode {
        names = [MeterVersion.digits(text).span.latin1Line]
        isBuiltIn = true
        meter = .belgian
      } else {
        let name = OctetText.trimmed([UInt8](text)).span.latin1Line
        names = [name]
        isBuiltIn = KnownVersion.said.contains { $0.name == name }
        meter = kind ?? MeterVersion.dutchKind(of: names)
      }
      return
    }
    names = MeterVersion.unsaidNames(codes, of: layout, telegram)
    isBuiltIn = true
    meter = kind ?? MeterVersion.dutchKind(of: names)
  }

  /// `50217`, which some Belgian meters print as the hexadecimal of these digits.
  static func digits(_ group: Span<UInt8>) -> [UInt8] {
    let decoded = OctetText.decode(group)
    let isNumber = !decoded.isEmpty && decoded.allSatisfy { $0.decimalDigit != nil }
    return isNumber ? decoded : [UInt8](group)
  }

  // MARK: - By the codes

  /// The kinds that are told by codes alone, whatever version they say.
  private static func kind(of codes: [OBISCode]) -> MeterKind? {
    if KnownVersion.printsTotals(codes) { return .totals }
    return KnownVersion.isHungarian(codes) ? .hungarian : nil
  }

  /// The kind of any other meter, by its version.
  private static func dutchKind(of names: [String]) -> MeterKind {
    names.contains(where: KnownVersion.beforeDSMR5.contains) ? .beforeDSMR5 : .dsmr5
  }

  /// The names of a meter that says no version; none for one that is like no other.
  private static func unsaidNames(
    _ codes: [OBISCode], of layout: TelegramLayout, _ telegram: Span<UInt8>
  ) -> [String] {
    if let known = KnownVersion.unsaid.first(where: { $0.isToldBy(codes) }) { return [known.name] }
    guard codes.contains(KnownVersion.importTariff1), !codes.contains(KnownVersion.importTotal),
      !codes.contains(where: { MetricTable.metric(for: $0)?.form == .telegramTime })
    else {
      return []
    }
    // Both are alike, and 3.0 prints the kind of a sub-meter as two digits or three. A file for one of
    // them is taken for the other, too.
    let isVersion3 = layout.lines.contains { line in
      MetricTable.metric(for: line.code)?.form == .submeterType
        && (layout.groups(of: line).first?.count ?? 0) > 1
    }
    return isVersion3 ? ["30", "22"] : ["22", "30"]
  }
}
