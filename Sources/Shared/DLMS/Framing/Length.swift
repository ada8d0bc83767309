/// A length as A-XDR writes it (IEC 61334-6): a byte up to 7F, or 80 plus the number of the bytes that follow.
struct Length {
  let value: Int
  /// The index after it.
  let end: Int

  /// Nil if it is not complete, or does not fit in two bytes.
  init?(_ bytes: Span<UInt8>, from start: Int) {
    guard start < bytes.count else { return nil }
    let first = bytes[start]
    let count = first < 0x80 ? 0 : Int(first & 0x7F)
    end = start + 1 + count
    guard end <= bytes.count, first < 0x80 || (1...2).contains(count) else { return nil }
    value = count == 0 ? Int(first) : ((start + 1)..<end).reduce(0) { $0 << 8 | Int(bytes[$1]) }
  }
}
