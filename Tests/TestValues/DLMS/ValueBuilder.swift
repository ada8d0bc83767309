/// Builds values as A-XDR writes them.
public enum ValueBuilder {
  public static func structure(_ values: [[UInt8]]) -> [UInt8] {
    [0x02] + FrameBuilder.length(values.count) + values.joined()
  }

  public static func array(_ values: [[UInt8]]) -> [UInt8] {
    [0x01] + FrameBuilder.length(values.count) + values.joined()
  }

  public static func octets(_ octets: [UInt8]) -> [UInt8] {
    [0x09] + FrameBuilder.length(octets.count) + octets
  }

  public static func text(_ text: String) -> [UInt8] {
    [0x0A] + FrameBuilder.length(text.utf8.count) + text.utf8
  }

  public static func uint32(_ number: UInt32) -> [UInt8] {
    [0x06] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  public static func uint16(_ number: UInt16) -> [UInt8] {
    [0x12, UInt8(number >> 8), UInt8(number & 255)]
  }

  public static func int16(_ number: Int16) -> [UInt8] {
    [0x10] + uint16(UInt16(bitPattern: number)).dropFirst()
  }

  public static func int8(_ number: Int8) -> [UInt8] { [0x0F, UInt8(bitPattern: number)] }

  /// A code of five numbers, and 255.
  public static func code(_ numbers: UInt8...) -> [UInt8] { octets(numbers + [255]) }

  public static func scale(_ scaler: Int8, _ unit: UInt8) -> [UInt8] {
    structure([int8(scaler), [0x16, unit]])
  }

  /// The octets of 2026-11-30 10:20:05, a Monday, and what follows the second.
  public static func time(_ rest: [UInt8] = [0x00, 0xFF, 0xC4, 0x00]) -> [UInt8] {
    [0x07, 0xEA, 0x0B, 0x1E, 0x01, 0x0A, 0x14, 0x05] + rest
  }

  public static func notification(_ body: [UInt8], time: [UInt8] = []) -> [UInt8] {
    [0x0F, 0x00, 0x00, 0x12, 0x34, UInt8(time.count)] + time + body
  }
}
