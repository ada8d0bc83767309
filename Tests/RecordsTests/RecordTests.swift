import Records
import TestValues
import Testing

@Suite struct RecordTests {
  private func record(_ text: String) throws -> Record {
    var reader = RecordReader()
    var records: [Record] = []
    let handle = { (event: RecordReader.Event) in
      if case .record(let record) = event { records.append(record) }
    }
    reader.read(text.bytes.span, handle)
    reader.finish(handle)
    #expect(records.count == 1)
    return try #require(records.first)
  }

  @Test func fieldsComeInOrder() throws {
    let record = try record("timestamp=2026-11-23T10:00:00Z\nmeter=E1\na=\nb=1=2\na=3\n")
    var fields: [String] = []
    record.forEachField { key, value in
      fields.append("\([UInt8](key).text) is \([UInt8](value).text)")
    }
    #expect(
      fields == ["timestamp is 2026-11-23T10:00:00Z", "meter is E1", "a is ", "b is 1=2", "a is 3"])
    #expect(record.timestamp == Timestamp(seconds: 1_795_428_000))
    #expect(record.value(of: .meter)?.text == "E1")
    #expect(record.value(of: .channel) == nil)
  }

  @Test func recordIsStamped() throws {
    let stamped = try record("a=1\n").stamped(Timestamp(seconds: 0, nanoseconds: 5_000_000))
    #expect(stamped.text.text == "timestamp=1970-01-01T00:00:00.005Z\na=1\n")
    #expect(stamped.timestamp == Timestamp(seconds: 0, nanoseconds: 5_000_000))
    #expect(try record(stamped.text.text) == stamped)
  }

  @Test(arguments: [
    ("a", true), ("1-0:1.8.1", true), ("power_import_kw", true), ("A.b:c-d_9", true),
    ("", false), ("a b", false), ("a=b", false), ("é", false), ("a/b", false), ("#a", false),
    (String(repeating: "k", count: 128), true), (String(repeating: "k", count: 129), false),
  ])
  func keyIsOfTheCharactersOfKeys(_ name: String, _ isKey: Bool) {
    let isValid = RecordKey.isValid(name.bytes.span)
    #expect(isValid == isKey)
  }

  @Test(arguments: RecordKey.allCases)
  func keysMatchThemselvesAlone(_ key: RecordKey) {
    for other in RecordKey.allCases {
      let matches = key.matches(other.rawValue.bytes.span)
      #expect(matches == (key == other))
    }
    let longer = key.matches((key.rawValue + "x").bytes.span)
    let shorter = key.matches(key.rawValue.dropLast().description.bytes.span)
    #expect(!longer && !shorter)
  }

  @Test func spansAreCopiedAndCompared() {
    let bytes = "abc".bytes
    var copy = [UInt8](bytes.span)
    copy.append(contentsOf: bytes.span.extracting(1...))
    #expect(copy.text == "abcbc")
    let same = bytes.span == "abc"
    let longer = bytes.span == "abcd"
    let other = bytes.span == "abd"
    #expect(same && !longer && !other)
  }

  @Test(arguments: [
    "a=1\n", "a=1\nb=2\n", "timestamp=2026-01-15T12:00:00Z\nmeter=E1\na=1\n", "a=\n",
    "timestamp=x1\n",
  ])
  func recordIsWhatItsTextSays(_ text: String) {
    let record = Record(text.bytes)
    guard !text.contains("x1") else { return #expect(record == nil) }
    #expect(record?.text.text == text)
    #expect(
      record?.timestamp == (text.contains("timestamp") ? Timestamp(seconds: 1_768_478_400) : nil))
  }

  @Test(arguments: [
    "", "\n", "a\n", "a=1\nb\n", "a=1\n\nb=2\n", "a b=1\n", "# a=1\n",
    "text=" + String(repeating: "x", count: 65_536) + "\n",
  ])
  func anythingElseIsNoRecord(_ text: String) {
    #expect(Record(text.bytes) == nil)
  }

  @Test func halvesHaveTheIdentityOfBoth() throws {
    let identity = "timestamp=2026-01-15T12:00:00Z\nmeter=G1\nchannel=2\n"
    let record = try #require(Record((identity + "a=1\nb=2\nc=3\n").bytes))
    let (one, two) = try #require(record.halved())
    #expect(one.text.text == identity + "a=1\n" && two.text.text == identity + "b=2\nc=3\n")
    #expect(one.timestamp == record.timestamp && two.timestamp == record.timestamp)
    #expect(one.halved() == nil)
    let (three, four) = try #require(two.halved())
    #expect(three.text.text == identity + "b=2\n" && four.text.text == identity + "c=3\n")
    let nothing = try #require(Record(identity.bytes))
    #expect(nothing.halved() == nil)
  }

  @Test func halvesOfRecordsWithoutIdentity() throws {
    let record = try #require(Record("a=1\nb=2\n".bytes))
    let (one, two) = try #require(record.halved())
    #expect(one.text.text == "a=1\n" && two.text.text == "b=2\n" && one.timestamp == nil)
  }
}
