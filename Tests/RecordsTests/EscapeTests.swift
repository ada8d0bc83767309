import Records
import TestValues
import Testing

@Suite struct EscapeTests {
  private func escaped(_ text: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    Escape.append(text.span, to: &output)
    return output
  }

  @Test(arguments: [
    ("plain text = 1", "plain text = 1"), ("", ""), (#"a\b"#, #"a\\b"#), ("a\nb", #"a\nb"#),
    ("a\rb", #"a\rb"#), ("a\tb", #"a\tb"#), ("\0\u{1B}\u{7F}", #"\x00\x1B\x7F"#),
    ("één € 𝄞", "één € 𝄞"), ("\u{85}", #"\xC2\x85"#),
  ])
  func onlyWhatNeedsItIsEscaped(_ text: String, _ expected: String) {
    let output = escaped(text.bytes)
    #expect(output.text == expected)
    let decoded = Escape.decode(output.span)
    #expect(decoded.text == text)
  }

  @Test(arguments: [
    ([0xFF] as [UInt8], #"\xFF"#), ([0xC3], #"\xC3"#), ([0xC3, 0x28], #"\xC3("#),
    ([0x80, 0x41], #"\x80A"#), ([0xC0, 0xAF], #"\xC0\xAF"#),
    ([0xED, 0xA0, 0x80], #"\xED\xA0\x80"#),
    ([0xF5, 0x80, 0x80, 0x80], #"\xF5\x80\x80\x80"#), ([0xE2, 0x82], #"\xE2\x82"#),
  ])
  func bytesThatAreNoTextAreEscaped(_ bytes: [UInt8], _ expected: String) {
    #expect(escaped(bytes).text == expected)
  }

  @Test(arguments: [
    (#"\"#, #"\"#), (#"a\"#, #"a\"#), (#"\q"#, #"\q"#), (#"\x"#, #"\x"#), (#"\x4"#, #"\x4"#),
    (#"\xZZ"#, #"\xZZ"#), (#"\x4g1"#, #"\x4g1"#), (#"\x41\x62"#, "Ab"), (#"\\n"#, #"\n"#),
    (#"\\\n"#, "\\\n"),
  ])
  func escapeThatIsNoneStandsForItself(_ value: String, _ text: String) {
    let decoded = Escape.decode(value.bytes.span)
    #expect(decoded.text == text)
  }

  @Test func everythingIsReadAsItIsWritten() {
    var generator = SeededGenerator(seed: 8)
    for round in 0..<3000 {
      let text =
        round.isMultiple(of: 2)
        ? generator.bytes(0...40) : generator.bytes(0...40, from: "\\xnrt4A\n\u{E9}€".bytes)
      let output = escaped(text)
      let decoded = Escape.decode(output.span)
      #expect(decoded == text)
      #expect(output.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
      #expect(String(validating: output, as: UTF8.self) != nil)
    }
  }

  @Test func randomBytesAreDecoded() {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<3000 {
      let value = generator.bytes(0...40, from: "\\\\xnrt4Aé".bytes + [0xFF, 0x0A])
      let decoded = Escape.decode(value.span)
      #expect(decoded.count <= value.count)
    }
  }
}
