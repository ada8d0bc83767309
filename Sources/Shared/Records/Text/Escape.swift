/// The escapes in values of records: p1record(5), "Values".
///
///     \\  \n  \r  \t  and \xHH for any other control character or byte that is not UTF-8
public enum Escape {
  /// Appends `text` as a value: printable characters unchanged, all others escaped.
  public static func append(_ text: Span<UInt8>, to output: inout [UInt8]) {
    var index = 0
    while index < text.count {
      let byte = text[index]
      switch byte {
      case UInt8(ascii: "\\"): output.append(contentsOf: [byte, byte])
      case UInt8(ascii: "\n"): output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
      case UInt8(ascii: "\r"): output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
      case UInt8(ascii: "\t"): output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
      case 0x20...0x7E: output.append(byte)
      default:
        let length = scalarLength(text, at: index)
        guard length > 0 else {
          appendHexadecimal(byte, to: &output)
          break
        }
        for offset in 0..<length { output.append(text[index + offset]) }
        index += length - 1
      }
      index += 1
    }
  }

  /// The text of an escaped value. An invalid escape is left as it is.
  public static func decode(_ value: Span<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(value.count)
    var index = 0
    while index < value.count {
      guard value[index] == UInt8(ascii: "\\"), index + 1 < value.count else {
        text.append(value[index])
        index += 1
        continue
      }
      switch value[index + 1] {
      case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "r"): text.append(UInt8(ascii: "\r"))
      case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
      case UInt8(ascii: "x"):
        guard index + 3 < value.count, let high = value[index + 2].hexadecimalDigit,
          let low = value[index + 3].hexadecimalDigit
        else {
          fallthrough
        }
        text.append(high << 4 | low)
        index += 2
      default:
        text.append(value[index])
        text.append(value[index + 1])
      }
      index += 2
    }
    return text
  }

  private static func appendHexadecimal(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(contentsOf: "\\x\(byte.hexadecimal)".utf8)
  }

  /// The number of bytes of the UTF-8 scalar at `index`, 0 if there is no printable one beyond
  /// ASCII.
  private static func scalarLength(_ text: Span<UInt8>, at index: Int) -> Int {
    let length: Int
    switch text[index] {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF: length = 3
    case 0xF0...0xF4: length = 4
    default: return 0
    }
    guard index + length <= text.count else { return 0 }
    let scalar = (0..<length).map { text[index + $0] }
    guard let decoded = String(validating: scalar, as: UTF8.self)?.unicodeScalars.first,
      decoded.properties.generalCategory != .control
    else {
      return 0
    }
    return length
  }
}
