/// The values that a shell completes.
public enum ValueCompletion: Sendable {
  case nothing, file, directory
  case words([String])
}

/// The valid values of a setting, and their name.
public struct ValueForm<Value: Sendable>: Sendable {
  let placeholder: String?
  var completion = ValueCompletion.nothing
  /// Whether a value may begin with a dash, as a negative number does.
  var takesDash = false
  let read: @Sendable (String) throws(InvalidValue) -> Value
  /// The text of a value in p1.conf.
  let text: @Sendable (Value) -> String

  /// - Parameters:
  ///   - placeholder: the name of the value in `--help`; nil for a flag.
  ///   - text: the text of a value.
  ///   - read: reads a value from its text.
  public init(
    _ placeholder: String?, completion: ValueCompletion = .nothing,
    text: @escaping @Sendable (Value) -> String = { "\($0)" },
    read: @escaping @Sendable (String) throws(InvalidValue) -> Value
  ) {
    self.placeholder = placeholder
    self.completion = completion
    self.text = text
    self.read = read
  }
}

extension ValueForm<Bool> {
  /// `True` and `False`, `1` and `0`, `yes` and `no`, `on` and `off`, in any case.
  public static var flag: ValueForm {
    // A flag that is off by default needs no default in the help.
    ValueForm(nil, text: { $0 ? "True" : "" }) { text throws(InvalidValue) in
      guard let value = truth(text) else {
        throw InvalidValue("\"\(text)\" is neither True nor False")
      }
      return value
    }
  }

  /// A flag whose option takes `yes` or `no`, such as the flow control of a serial line.
  public static var yesOrNo: ValueForm {
    var form = ValueForm("yes|no", text: flag.text, read: flag.read)
    form.completion = .words(["yes", "no"])
    return form
  }

  /// The meaning of a word for yes or no; nil for any other word.
  public static func truth(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "1", "yes", "on": true
    case "false", "0", "no", "off", "none": false
    default: nil
    }
  }
}

extension ValueForm<Int> {
  /// A whole number within a range.
  public static func number(_ range: ClosedRange<Int>, _ placeholder: String) -> ValueForm {
    ValueForm(placeholder) { text throws(InvalidValue) in
      guard let number = Int(text), range.contains(number), text.first != "+" else {
        throw InvalidValue(
          "\"\(text)\" is not a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }
}

extension ValueForm<Duration> {
  /// Seconds, with decimals or without, within a range.
  public static func seconds(_ range: ClosedRange<Int>) -> ValueForm {
    ValueForm("seconds", text: \.inSeconds) { text throws(InvalidValue) in
      let bounds = Double(range.lowerBound)...Double(range.upperBound)
      guard let seconds = Double(text), bounds.contains(seconds),
        text.allSatisfy({ "0123456789.".contains($0) })
      else {
        throw InvalidValue(
          "\"\(text)\" is not a number of seconds from \(range.lowerBound) to \(range.upperBound)")
      }
      return .seconds(seconds)
    }
  }

  /// Whole seconds within a range.
  public static func wholeSeconds(_ range: ClosedRange<Int>) -> ValueForm {
    ValueForm("seconds", text: \.inSeconds) { text throws(InvalidValue) in
      .seconds(try ValueForm<Int>.number(range, "seconds").read(text))
    }
  }
}

extension ValueForm<String> {
  /// A text that goes to a server: not empty, not longer than `limit` bytes, and without control characters,
  /// which could drive a terminal and which MQTT forbids (MQTT 5, 1.5.4).
  public static func text(_ placeholder: String, limit: Int = 1000) -> ValueForm {
    ValueForm(placeholder) { text throws(InvalidValue) in
      let isPlain = text.unicodeScalars.allSatisfy {
        $0.properties.generalCategory != .control && !$0.properties.isNoncharacterCodePoint
      }
      guard isPlain else { throw InvalidValue("it contains a control character") }
      guard text.utf8.count <= limit else { throw InvalidValue("it is longer than \(limit) bytes") }
      return text
    }
  }

  /// One of a few words, in any case.
  public static func choice(_ words: [String], _ placeholder: String) -> ValueForm {
    ValueForm(placeholder, completion: .words(words)) { text throws(InvalidValue) in
      let word = text.lowercased()
      guard words.contains(word) else {
        throw InvalidValue("\"\(text)\" is none of \(words.joined(separator: ", "))")
      }
      return word
    }
  }

  /// Any text; the tool checks it.
  public static func anything(
    _ placeholder: String, completion: ValueCompletion = .nothing
  ) -> ValueForm {
    ValueForm(placeholder, completion: completion) { text throws(InvalidValue) in text }
  }

  /// The path of a file.
  public static var file: ValueForm { anything("file", completion: .file) }
  /// The path of a directory.
  public static var directory: ValueForm { anything("directory", completion: .directory) }
}
