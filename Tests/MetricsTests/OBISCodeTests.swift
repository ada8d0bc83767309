import Metrics
import Testing

@Suite struct OBISCodeTests {
  @Test func codeIsReadAndWritten() {
    let code = OBISCode(Array("1-0:1.8.1".utf8).span)
    #expect(code == OBISCode(1, 0, 1, 8, 1))
    #expect(code?.description == "1-0:1.8.1")
  }
}
