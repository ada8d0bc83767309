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

  /// The name of the manufacturer, and the model, by the header of a telegram without its `/`: three letters, a digit,
  /// perhaps a backslash and another digit, and the model (IEC 62056-21:2002, 6.3.2).
  static func read(_ header: String) -> (name: String?, model: String?) {
    let letters = header.prefix(3).uppercased()
    var model = header.dropFirst(4)
    if model.hasPrefix(#"\"#), model.dropFirst().first?.isNumber == true {
      model = model.dropFirst(2)
    }
    let name = model.drop { $0 == " " || $0 == #"\"# }
    // Xemex makes the port of these meters.
    let isLandisGyr = letters == "XMX" && name.hasPrefix("LG")
    return (isLandisGyr ? names["LGZ"] : names[letters], name.isEmpty ? nil : String(name))
  }

  /// By the letters of the FLAG list of the DLMS User Association.
  private static let names = [
    "ADN": "Aidon", "APA": "Apator", "AXI": "Axioma", "DME": "Diehl", "DZG": "DZG", "EBZ": "eBZ",
    "ELL": "Sagemcom", "ELS": "Elster", "EMH": "EMH", "ENE": "Sagemcom", "EST": "Sagemcom",
    "ESY": "EasyMeter", "FLO": "Flonidan", "GRE": "Sagemcom", "HLY": "Holley",
    "HYD": "Diehl", "ISK": "Iskraemeco", "ITR": "Itron", "ITZ": "Itron", "KAM": "Kamstrup",
    "KFM": "Kaifa", "KMP": "Kamstrup", "LGF": "Landis+Gyr", "LGZ": "Landis+Gyr",
    "LUG": "Landis+Gyr", "SAG": "Sagemcom", "SEN": "Sensus", "WSE": "Wasion", "XMX": "Xemex",
    "ZEN": "Zenner", "ZRI": "Zenner",
  ]
}
