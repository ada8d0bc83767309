import Records

extension Record {
  /// The record with the power taken from the grid less that given to it, if it has both and not their difference:
  /// Home Assistant shows one sensor for the two.
  func addingNetPower() -> Record {
    var (imported, exported): (ExactDecimal?, ExactDecimal?)
    var hasNet = false
    forEachField { key, value in
      if key == "power_import_kw" { imported = ExactDecimal(value) }
      if key == "power_export_kw" { exported = ExactDecimal(value) }
      if key == "power_net_kw" { hasNet = true }
    }
    guard !hasNet, let imported, let exported, let net = imported.subtracting(exported) else {
      return self
    }
    return Record(text + "power_net_kw=\(net)\n".utf8Bytes) ?? self
  }
}
