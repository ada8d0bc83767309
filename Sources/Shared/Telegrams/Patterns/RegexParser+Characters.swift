/// The characters of a regular expression, their escapes and classes.
extension RegexParser {
  /// The meaning of an escape.
  struct Escaped {
    let set: ByteSet
    /// Nil for a class.
    let scalar: Unicode.Scalar?

    init(_ scalar: Unicode.Scalar) {
      self.scalar = scalar
      set = RegexParser.set(of: scalar)
    }

    init(class set: ByteSet) {
      self.set = set
      scalar = nil
    }
  }

  /// The escape after a backslash that was taken.
  mutating func escape(from start: Int, inClass: Bool = false) throws(Invalid) -> Escaped {
    guard let scalar = next else { throw invalid("nothing follows the \\", start) }
    index += 1
    switch scalar {
    case "d": return Escaped(class: .digits)
    case "D": return Escaped(class: ByteSet.digits.inverted)
    case "w": return Escaped(class: .wordCharacters)
    case "W": return Escaped(class: ByteSet.wordCharacters.inverted)
    case "s": return Escaped(class: .whiteSpace)
    case "S": return Escaped(class: ByteSet.whiteSpace.inverted)
    case "a": return Escaped("\u{07}")
    case "b" where inClass: return Escaped("\u{08}")
    case "f": return Escaped("\u{0C}")
    case "n": return Escaped("\n")
    case "r": return Escaped("\r")
    case "t": return Escaped("\t")
    case "v": return Escaped("\u{0B}")
    case "x": return Escaped(try hexadecimal(2, from: start))
    case "u": return Escaped(try hexadecimal(4, from: start))
    case "U": return Escaped(try hexadecimal(8, from: start))
    case "0"..."9": return Escaped(try octal(scalar, from: start, inClass: inClass))
    case "a"..."z", "A"..."Z":
      throw invalid("unknown escape \\\(scalar)", start)
    default: return Escaped(scalar)
    }
  }

  private mutating func hexadecimal(_ count: Int, from start: Int) throws(Invalid) -> Unicode.Scalar
  {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = next.flatMap({ UInt8(exactly: $0.value)?.hexadecimalDigit }) else {
        throw invalid("this escape needs \(count) hexadecimal digits", start)
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw invalid("there is no such character", start)
    }
    return scalar
  }

  /// `\0`, `\07`, `\101`: a character by its octal number. Any other number refers to a group.
  private mutating func octal(
    _ first: Unicode.Scalar, from start: Int, inClass: Bool
  ) throws(Invalid) -> Unicode.Scalar {
    var digits = [first]
    while digits.count < 3, let digit = next, ("0"..."7").contains(digit) {
      digits.append(digit)
      index += 1
    }
    let isOctal = digits.allSatisfy { ("0"..."7").contains($0) }
    guard isOctal, first == "0" || digits.count == 3 || inClass else {
      throw invalid("references to groups are not supported", start)
    }
    let value = digits.reduce(UInt32(0)) { $0 << 3 | ($1.value - 0x30) }
    guard value <= 0o377, let scalar = Unicode.Scalar(value) else {
      throw invalid("octal escapes must not exceed \\377", start)
    }
    return scalar
  }

  /// `[…]`, whose `[` was taken.
  mutating func characterClass(from start: Int) throws(Invalid) -> RegexNode {
    var set = ByteSet()
    let isInverted = take("^")
    var isFirst = true
    while isFirst || next != "]" {
      isFirst = false
      let (lowSet, low) = try member(of: start)
      let dash = index
      guard take("-"), let behind = next, behind != "]" else {
        index = dash
        if next == "-" {
          // A dash before the closing bracket is a character.
          index += 1
          set.insert(UInt8(ascii: "-"))
        }
        set.formUnion(cased(lowSet))
        continue
      }
      let (_, high) = try member(of: start)
      guard let low, let high, low <= high else { throw invalid("invalid range", dash) }
      let last = min(high.value, 255)
      if low.value <= last { set.formUnion(cased(ByteSet(UInt8(low.value)...UInt8(last)))) }
    }
    index += 1
    return .byte(isInverted ? set.inverted : set)
  }

  /// One member of a class; `scalar` is nil if it is itself a class, such as `\d`.
  private mutating func member(
    of start: Int
  ) throws(Invalid) -> (set: ByteSet, scalar: Unicode.Scalar?) {
    guard let scalar = next else { throw invalid("unmatched [", start) }
    let position = index
    index += 1
    guard scalar == "\\" else { return (RegexParser.set(of: scalar), scalar) }
    let escaped = try escape(from: position, inClass: true)
    return (escaped.set, escaped.scalar)
  }

  func cased(_ set: ByteSet) -> ByteSet { ignoresCase ? set.ignoringCase : set }

  /// The set of one character; empty for a character outside Latin-1, which no meter prints.
  static func set(of scalar: Unicode.Scalar) -> ByteSet {
    guard let byte = UInt8(exactly: scalar.value) else { return ByteSet() }
    return ByteSet(byte...byte)
  }
}
