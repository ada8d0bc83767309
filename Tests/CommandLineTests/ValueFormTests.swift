import Testing

@testable import CommandLine

/// The values that settings take.
@Suite struct ValueFormTests {
  private func reason<Value>(_ form: ValueForm<Value>, _ text: String) -> String? {
    do throws(InvalidValue) {
      _ = try form.read(text)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(arguments: [
    ("True", true), ("true", true), ("1", true), ("yes", true), ("on", true), ("YES", true),
    ("False", false), ("FALSE", false), ("0", false), ("no", false), ("off", false),
    ("None", false),
  ])
  func flagsAreReadAsExistingSettingsSpellThem(_ word: String, _ isSet: Bool) throws {
    #expect(try ValueForm<Bool>.flag.read(word) == isSet)
  }

  @Test(arguments: ["maybe", "2", " true", "True "])
  func otherWordsAreNoFlag(_ word: String) {
    #expect(reason(ValueForm<Bool>.flag, word) == "\"\(word)\" is neither True nor False")
  }

  @Test func numbersHaveARange() throws {
    let form = ValueForm<Int>.number(1...65_535, "port")
    for value in ["1", "1883", "65535"] { #expect(try form.read(value) == Int(value)) }
    for value in ["0", "65536", "-1", "x", "1.5", " 1", "99999999999999999999"] {
      #expect(reason(form, value) == "\"\(value)\" is not a whole number from 1 to 65535")
    }
  }

  @Test func choicesAreReadInAnyCase() throws {
    let form = ValueForm<String>.choice(["n", "none", "e"], "parity")
    for (value, word) in [("N", "n"), ("none", "none"), ("NONE", "none"), ("e", "e")] {
      #expect(try form.read(value) == word)
    }
    #expect(reason(form, "M") == "\"M\" is none of n, none, e")
  }

  @Test(arguments: [
    ("2", 7200), ("+02:00", 7200), ("-3:30", -12_600), ("0", 0), ("14", 50_400), ("-12", -43_200),
  ])
  func offsetsFromUTC(_ text: String, _ seconds: Int) throws {
    #expect(try ValueForm<Int>.utcOffset.read(text) == seconds)
  }

  @Test(arguments: ["", "x", "15", "-13", "2:0", "2:60", "1:2:3", "+", "+-2", "02:00:00", "123"])
  func otherTextsAreNoOffset(_ text: String) {
    #expect(
      reason(ValueForm<Int>.utcOffset, text) == "\"\(text)\" is not an offset such as +02:00")
  }
}
