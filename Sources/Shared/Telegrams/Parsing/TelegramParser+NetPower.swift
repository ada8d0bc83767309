import Metrics
import Records

extension TelegramParser {
  /// A power that a line prints.
  private struct Power {
    let number: DecimalPlace
    let line: Range<Int>
  }

  /// The third numbers of the OBIS codes of import, export and net power: in total and by phase.
  private static let netPowers: [(imported: UInt8, exported: UInt8, net: UInt8)] = [
    (1, 2, 16), (21, 22, 36), (41, 42, 56), (61, 62, 76),
  ]

  /// Adds the power imported less the power exported, unless the telegram prints it itself.
  mutating func addNetPower(of telegram: Span<UInt8>) {
    for quantities in TelegramParser.netPowers {
      let code = OBISCode(1, 0, quantities.net, 7, 0)
      guard let imported = power(quantities.imported, of: telegram),
        let exported = power(quantities.exported, of: telegram),
        let metric = MetricTable.metric(for: code)
      else {
        continue
      }
      let key = naming.key(of: metric, at: code).utf8Bytes
      guard !drafts[.main].fields.contains(key.span) else { continue }
      let net = DecimalDifference(of: imported.number, and: exported.number)
      let isAdded = drafts.add(key, net, of: telegram, in: .main)
      // With fewer digits, there could be a difference.
      if !isAdded { fixedLines += [imported.line, exported.line] }
    }
  }

  /// The first power with this third number of its OBIS code.
  private func power(_ quantity: UInt8, of telegram: Span<UInt8>) -> Power? {
    for line in layout.lines
    where line.code.onAnyChannel == OBISCode(1, 0, quantity, 7, 0) && line.code.channel <= 1 {
      guard let group = layout.groups(of: line).first else { continue }
      let value = telegram.extracting(group)
      guard let quantity = Quantity(value), quantity.isCompatible(with: .kilowatt) else { continue }
      let place = group.lowerBound + quantity.number.lowerBound
      let number = DecimalPlace(
        place..<(place + quantity.number.count), of: telegram, timesTenToThe: quantity.exponent)
      if let number { return Power(number: number, line: line.range) }
    }
    return nil
  }
}
