/// A value as A-XDR writes it, a tag and its bytes (DLMS UA 1000-2, Data).
public indirect enum AXDRValue: Equatable, Sendable {
  /// A value that the meter does not have, or of a type that meters do not push.
  case null
  /// An array or a structure.
  case list([AXDRValue])
  case boolean(Bool)
  case signed(Int64, byteCount: Int)
  case unsigned(UInt64, byteCount: Int)
  case enumeration(UInt8)
  /// A binary fraction as its shortest decimal, such as `230.1`.
  case decimal(String)
  case octets([UInt8])
  /// Text, which some meters send as octets instead.
  case text([UInt8])
}
