/// The code of a quantity, `A-B:C.D.E*F`, as IEC 62056-61 (OBIS) defines it: A is the medium, B the
/// channel, C the quantity, D the processing, E the tariff and F the billing period.
public struct OBISCode: Hashable, Sendable {
  /// The six numbers, a byte each, A the highest. F is 255 where a meter does not print it.
  public let packed: UInt64

  /// The most bytes of a code as text: six numbers of three digits.
  public static let maximumLength = 6 * 4 - 1

  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, _ e: UInt8, _ f: UInt8 = 255) {
    let high = UInt64(a) << 40 | UInt64(b) << 32 | UInt64(c) << 24
    packed = high | UInt64(d) << 16 | UInt64(e) << 8 | UInt64(f)
  }

  /// The code in a text, nil if there is none.
  ///
  /// A code has five or six numbers of up to 255, separated by any of `-`, `:`, `.` and `*`: meters
  /// and published standards print `1-0:99:97.0` for `1-0:99.97.0`.
  public init?(_ bytes: Span<UInt8>) {
    guard let (code, end) = OBISCode.first(in: bytes, from: 0), end == bytes.count else {
      return nil
    }
    self = code
  }

  /// The code that begins at `start`, and where it ends; nil if there is none.
  public static func first(in bytes: Span<UInt8>, from start: Int) -> (code: OBISCode, end: Int)? {
    var packed: UInt64 = 0
    var number: UInt64 = 0
    var digits = 0
    var numbers = 0
    var index = start
    scan: while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        number = number * 10 + UInt64(byte - UInt8(ascii: "0"))
        digits += 1
        guard digits <= 3 else { return nil }
      case UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "*"):
        guard digits > 0, number <= 255, numbers < 5 else { return nil }
        packed = packed << 8 | number
        numbers += 1
        number = 0
        digits = 0
      default:
        break scan
      }
      index += 1
    }
    guard digits > 0, number <= 255 else { return nil }
    packed = packed << 8 | number
    switch numbers {
    case 4: return (OBISCode(packed: packed << 8 | 255), index)
    case 5: return (OBISCode(packed: packed), index)
    default: return nil
    }
  }

  /// A, the medium: 0 is abstract data and M-Bus devices, 1 is electricity, 7 is gas.
  public var medium: UInt8 { UInt8(truncatingIfNeeded: packed >> 40) }

  /// B, the channel: for an abstract code, the M-Bus channel of a sub-meter.
  public var channel: UInt8 { UInt8(truncatingIfNeeded: packed >> 32) }

  /// C, the quantity: for electricity, 1 is power or energy imported, 21 the same on phase L1.
  public var quantity: UInt8 { UInt8(truncatingIfNeeded: packed >> 24) }

  /// D, the processing: 7 is an instantaneous value, 8 one counted since the meter was made.
  public var processing: UInt8 { UInt8(truncatingIfNeeded: packed >> 16) }

  /// Whether it is an instantaneous value of electricity.
  public var isInstantaneous: Bool { medium == 1 && processing == 7 }

  /// E, the tariff; 0 is all of them.
  public var tariff: UInt8 { UInt8(truncatingIfNeeded: packed >> 8) }

  /// F, the billing period: 255 where there is none.
  public var period: UInt8 { UInt8(truncatingIfNeeded: packed) }

  /// Whether the code is of a sub-meter: abstract data with a channel, or gas without one.
  public var isSubmeter: Bool { (medium == 0 && channel != 0) || (medium == 7 && channel == 0) }

  /// The same code on channel 0: how the table of metrics lists the codes that any channel may
  /// have.
  public var onAnyChannel: OBISCode { onChannel(0) }

  /// The same code on a channel.
  public func onChannel(_ channel: UInt8) -> OBISCode {
    OBISCode(packed: packed & 0xFF00_FFFF_FFFF | UInt64(channel) << 32)
  }

  private init(packed: UInt64) {
    self.packed = packed
  }
}

extension OBISCode {
  /// The code as the key of a record, which has a point before F: `1-0:1.8.1.1`.
  public var key: String { spelled(periodAfter: ".") }
}

extension OBISCode: CustomStringConvertible {
  /// `1-0:1.8.1`, with `*F` only if the meter prints F.
  public var description: String { spelled(periodAfter: "*") }

  private func spelled(periodAfter separator: String) -> String {
    func byte(_ shift: Int) -> UInt64 { packed >> UInt64(shift) & 255 }
    let code = "\(byte(40))-\(byte(32)):\(byte(24)).\(byte(16)).\(byte(8))"
    return period == 255 ? code : "\(code)\(separator)\(period)"
  }
}
