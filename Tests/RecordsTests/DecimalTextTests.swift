import Records
import TestValues
import Testing

@Suite struct DecimalTextTests {
  /// The number with its decimal point moved; nil if the text is not a number.
  private func shifted(_ text: String, _ exponent: Int = 0) -> String? {
    let bytes = text.bytes
    guard let decimal = DecimalText(bytes.span) else { return nil }
    var output: [UInt8] = []
    decimal.append(from: bytes.span, timesTenToThe: exponent, to: &output)
    return output.text
  }

  @Test(arguments: [
    ("001234.567", 0, "1234.567"), ("0", 0, "0"), ("000", 0, "0"), ("00.000", 0, "0.000"),
    ("0001", 0, "1"), ("1.50", 0, "1.50"), ("-063", 0, "-63"), ("+5", 0, "5"), (".5", 0, "0.5"),
    ("5.", 0, "5"), ("-00.30", 0, "-0.30"), ("00100", 0, "100"),
    ("12345", -3, "12.345"), ("5", -3, "0.005"), ("00980", -3, "0.980"), ("0", -3, "0.000"),
    ("1.5", -3, "0.0015"), ("1234.5", -3, "1.2345"), ("-12", -3, "-0.012"),
    ("1.234", 3, "1234"), ("1.2345", 3, "1234.5"), ("1", 3, "1000"), ("0", 3, "0"),
    ("0.5", 3, "500"), ("0.0005", 3, "0.5"), ("00.010", 3, "10"), ("-0.25", 1, "-2.5"),
  ])
  func pointIsMoved(_ text: String, _ exponent: Int, _ expected: String) {
    #expect(shifted(text, exponent) == expected)
  }

  @Test(arguments: [
    "", "-", "+", ".", "-.", "1e5", "1,5", "1.2.3", " 1", "1 ", "--1", "0x10", "1-", "٣", "ABC",
    "\0", "kWh", "1*",
  ])
  func anythingElseIsNoNumber(_ text: String) {
    #expect(shifted(text) == nil)
  }

  @Test func digitsAreLimited() {
    let most = DecimalText.maximumDigits
    let longest = String(repeating: "9", count: most)
    #expect(shifted(longest) == longest)
    #expect(shifted(longest + "9") == nil)
    #expect(shifted("0." + String(repeating: "1", count: most)) == nil)
    #expect(shifted("-." + String(repeating: "1", count: most)) != nil)
  }

  /// Moves the point of a number by cutting text, one place at a time.
  private func oracle(_ text: String, _ exponent: Int) -> String {
    var sign = ""
    var number = text
    if number.first == "-" || number.first == "+" {
      sign = number.removeFirst() == "-" ? "-" : ""
    }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    var whole = parts[0]
    var fraction = parts.count > 1 ? parts[1] : ""
    for _ in 0..<max(0, exponent) {
      whole.append(fraction.isEmpty ? "0" : fraction.removeFirst())
    }
    for _ in 0..<max(0, -exponent) {
      fraction = String(whole.popLast() ?? "0") + fraction
    }
    while whole.first == "0" { whole.removeFirst() }
    return sign + (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : "." + fraction)
  }

  @Test func pointIsMovedAsTextIsCut() {
    var generator = SeededGenerator(seed: 6)
    let digits = "0001234567890".bytes
    for _ in 0..<3000 {
      var text = ["", "-", "+"].randomElement(using: &generator) ?? ""
      text += generator.bytes(1...12, from: digits).text
      if Bool.random(using: &generator) { text += "." + generator.bytes(0...8, from: digits).text }
      let exponent = Int.random(in: -8...8, using: &generator)
      #expect(shifted(text, exponent) == oracle(text, exponent), "\(text) by \(exponent)")
    }
  }

  @Test func randomBytesAreANumberOrNone() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<5000 {
      let text = generator.bytes(0...10, from: "-+.0123456789".bytes)
      guard let decimal = DecimalText(text.span) else { continue }
      var output: [UInt8] = []
      decimal.append(from: text.span, timesTenToThe: -3, to: &output)
      let again = DecimalText(output.span)
      #expect(again != nil, "\(text.text) became \(output.text)")
    }
    for _ in 0..<5000 {
      let bytes = generator.bytes(0...64)
      _ = DecimalText(bytes.span)
    }
  }
}
