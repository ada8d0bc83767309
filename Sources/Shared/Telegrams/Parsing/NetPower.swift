import Metrics
import Records

/// The power imported less the power exported, in total and by phase.
struct NetPower {
  private struct Direction {
    var imported: ExactDecimal?
    var exported: ExactDecimal?
  }

  /// The third numbers of the OBIS codes of import, export and net power.
  private static let codes: [(imported: UInt8, exported: UInt8, net: UInt8)] = [
    (1, 2, 16), (21, 22, 36), (41, 42, 56), (61, 62, 76),
  ]

  private var directions = [Direction](repeating: Direction(), count: 4)

  /// The net powers of which both import and export are known.
  var values: [(code: OBISCode, kilowatts: ExactDecimal)] {
    zip(NetPower.codes, directions).compactMap { codes, direction in
      guard let imported = direction.imported, let exported = direction.exported,
        let net = imported.subtracting(exported)
      else {
        return nil
      }
      return (OBISCode(1, 0, codes.net, 7, 0), net)
    }
  }

  /// Takes the value of a line, if it is a power. The first one with its code counts.
  mutating func add(_ code: OBISCode, _ group: Span<UInt8>) {
    guard code.onAnyChannel == OBISCode(1, 0, code.quantity, 7, 0), code.channel <= 1,
      let quantity = Quantity(group), quantity.isCompatible(with: .kilowatt),
      let value = ExactDecimal(
        group.extracting(quantity.number), timesTenToThe: quantity.exponent)
    else {
      return
    }
    for (index, codes) in NetPower.codes.enumerated() {
      if codes.imported == code.quantity, directions[index].imported == nil {
        directions[index].imported = value
      }
      if codes.exported == code.quantity, directions[index].exported == nil {
        directions[index].exported = value
      }
    }
  }
}

extension TelegramParser {
  /// Adds the net power, if the telegram does not print it itself.
  mutating func addNetPower(of telegram: Span<UInt8>) {
    var net = NetPower()
    for line in layout.lines {
      if let group = layout.groups(of: line).first {
        net.add(line.code, telegram.extracting(group))
      }
    }
    for (code, kilowatts) in net.values {
      guard let metric = MetricTable.metric(for: code) else { continue }
      let key = naming.key(of: metric, at: code).utf8Bytes
      guard !drafts[.main].fields.contains(key.span) else { continue }
      _ = drafts.add(key, number: kilowatts.description.utf8Bytes.span, in: .main)
    }
  }
}
