/// Telegrams that the tests feed to the tools: of an imaginary meter, each with a right checksum.
public enum SampleTelegram {
  /// A telegram of DSMR 5 of this minute after 10:00 on a winter morning, with a gas meter.
  public static func numbered(_ minute: Int = 0) -> String {
    let digits = minute < 10 ? "0\(minute)" : "\(minute)"
    return with([
      "1-3:0.2.8(50)", "0-0:1.0.0(26112311\(digits)00W)", "0-0:96.1.1(4530303032)",
      "1-0:1.8.1(0012\(digits).567*kWh)", "0-0:96.14.0(0002)", "1-0:1.7.0(00.321*kW)",
      "1-0:32.7.0(231.0*V)", "0-1:24.1.0(003)", "0-1:96.1.0(4730303033)",
      "0-1:24.2.1(261123105500W)(03456.789*m3)",
    ])
  }

  /// A telegram with these lines.
  public static func with(_ lines: [String]) -> String {
    let body = "/TST5\\2TEST-METER\r\n\r\n" + lines.map { $0 + "\r\n" }.joined() + "!"
    let digits = String(checksum(Array(body.utf8)), radix: 16, uppercase: true)
    return body + String(repeating: "0", count: 4 - digits.count) + digits + "\r\n"
  }

  /// A telegram of a meter that says it has this version, with cotton candies in it.
  public static func ofVersion(_ version: String) -> String {
    with([
      "1-3:0.2.8(\(version))", "0-0:1.0.0(261123110000W)", "1-0:99.99.99(10*CCs)",
    ])
  }

  /// CRC-16/ARC bit by bit, so that nothing of the tools judges the tools.
  public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
    bytes.reduce(0) { crc, byte in
      (0..<8).reduce(crc ^ UInt16(byte)) { crc, _ in
        crc & 1 == 1 ? crc >> 1 ^ 0xA001 : crc >> 1
      }
    }
  }
}
