import Metrics
import TestValues
import Testing

@Suite struct OBISCodeTests {
  @Test(arguments: [
    ("1-0:1.8.1", OBISCode(1, 0, 1, 8, 1), "1-0:1.8.1"),
    ("0-1:24.2.1", OBISCode(0, 1, 24, 2, 1), "0-1:24.2.1"),
    ("1-0:31.7.0.255", OBISCode(1, 0, 31, 7, 0), "1-0:31.7.0"),
    ("1-0:31.7.0*255", OBISCode(1, 0, 31, 7, 0), "1-0:31.7.0"),
    ("1-0:1.8.0*0", OBISCode(1, 0, 1, 8, 0, 0), "1-0:1.8.0*0"),
    ("1-0:99:97.0", OBISCode(1, 0, 99, 97, 0), "1-0:99.97.0"),
    ("1.0.1.8.1", OBISCode(1, 0, 1, 8, 1), "1-0:1.8.1"),
    ("255-255:255.255.255", OBISCode(255, 255, 255, 255, 255), "255-255:255.255.255"),
    ("001-000:001.008.001", OBISCode(1, 0, 1, 8, 1), "1-0:1.8.1"),
  ])
  func codeIsReadAndWritten(_ text: String, _ code: OBISCode, _ written: String) {
    let read = OBISCode(text.bytes.span)
    #expect(read == code)
    #expect(read?.description == written)
  }

  @Test(arguments: [
    "", "1", "1-0:1.8", "1-0:1.8.", "-0:1.8.1", "1-0:1..8.1", "1-0:256.8.1", "1-0:1.8.0001",
    "1-0:1.8.1.255.0", "1-0:1.8.1 ", "1-0:1.8.x", "1/0:1.8.1", "99999999999999999999-0:1.8.1",
  ])
  func anythingElseIsNoCode(_ text: String) {
    let read = OBISCode(text.bytes.span)
    #expect(read == nil)
  }

  @Test func numbersStandWhereTheyBelong() {
    let code = OBISCode(0, 3, 24, 2, 1, 7)
    #expect(code.packed == 0x00_03_18_02_01_07)
    #expect(code.medium == 0)
    #expect(code.channel == 3)
    #expect(code.period == 7)
    #expect(code.onAnyChannel == OBISCode(0, 0, 24, 2, 1, 7))
  }

  @Test func submetersAreAbstractCodesWithAChannel() {
    #expect(OBISCode(0, 1, 24, 2, 1).isSubmeter)
    #expect(OBISCode(0, 4, 96, 1, 0).isSubmeter)
    #expect(!OBISCode(0, 0, 96, 1, 1).isSubmeter)
    #expect(!OBISCode(1, 1, 1, 8, 1).isSubmeter)
    #expect(!OBISCode(1, 3, 0, 2, 8).isSubmeter)
  }

  @Test func everyCodeIsReadAsItIsWritten() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<1000 {
      let n = generator.bytes(6...6)
      let code = OBISCode(n[0], n[1], n[2], n[3], n[4], n[5])
      let read = OBISCode(code.description.bytes.span)
      #expect(read == code)
    }
  }

  @Test func randomBytesAreACodeOrNone() {
    var generator = SeededGenerator(seed: 2)
    var readable = 0
    for _ in 0..<5000 {
      let bytes = generator.bytes(0...16, from: "0123456789-:.*2".bytes)
      guard let code = OBISCode(bytes.span) else { continue }
      readable += 1
      let again = OBISCode(code.description.bytes.span)
      #expect(again == code)
    }
    #expect(readable > 0)
    for _ in 0..<5000 {
      let bytes = generator.bytes(0...16)
      _ = OBISCode(bytes.span)
    }
  }
}
