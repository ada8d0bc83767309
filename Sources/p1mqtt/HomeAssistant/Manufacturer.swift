/// Who made a meter.
enum Manufacturer {
  /// The name of the manufacturer by the number of a meter.
  ///
  /// - Parameter serial: a number of 14 characters as in DIN 43863-5 (2012): the medium, the three letters of the
  ///   manufacturer in the FLAG list, two digits for the series, eight digits.
  /// - Returns: nil for another number, and for a manufacturer that the table lacks.
  static func name(ofMeter serial: String) -> String? {
    guard serial.utf8.count == 14, serial.prefix(1).allSatisfy(\.isHexDigit),
      serial.dropFirst(4).allSatisfy(\.isHexDigit)
    else {
      return nil
    }
    return names[String(serial.dropFirst().prefix(3))]
  }

  /// By the letters of the FLAG list of the DLMS User Association.
  private static let names = [
    "ADN": "Aidon", "APA": "Apator", "AXI": "Axioma", "DME": "Diehl", "DZG": "DZG", "EBZ": "eBZ",
    "ELS": "Elster", "EMH": "EMH", "ESY": "EasyMeter", "FLO": "Flonidan", "HLY": "Holley",
    "HYD": "Diehl", "ISK": "Iskraemeco", "ITR": "Itron", "ITZ": "Itron", "KAM": "Kamstrup",
    "KFM": "Kaifa", "KMP": "Kamstrup", "LGF": "Landis+Gyr", "LGZ": "Landis+Gyr",
    "LUG": "Landis+Gyr", "SAG": "Sagemcom", "SEN": "Sensus", "WSE": "Wasion", "XMX": "Xemex",
    "ZEN": "Zenner", "ZRI": "Zenner",
  ]
}
