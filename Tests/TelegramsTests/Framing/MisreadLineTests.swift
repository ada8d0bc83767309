import Foundation
import Telegrams
import TestValues
import Testing

/// What a line without telegrams is taken for, from the bytes that a receiver makes of its signal.
///
/// The telegrams are those of the package and, if they are there, those from the field.
@Suite struct MisreadLineTests {
  private static let telegrams: [[UInt8]] = {
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: FieldTelegramsTests.directory.path)
    let field = (names ?? []).filter { $0.hasSuffix(".p1") }.sorted().compactMap { name in
      try? Data(contentsOf: FieldTelegramsTests.directory.appending(path: name))
    }
    // A message full of 0xFF holds nothing that tells.
    let telegrams = field.map { [UInt8]($0) }.filter { !$0.contains([0xFF, 0xFF]) }
    // Each sixth, as the simulation takes time. All were measured: each is named right.
    return (0..<4).map { SampleTelegram.numbered($0).bytes }
      + stride(from: 0, to: telegrams.count, by: 6).map { telegrams[$0] }
  }()

  /// A line and the receiver.
  struct Line: CustomTestStringConvertible {
    var rate = 115_200
    var readRate = 115_200
    var hasParity = false
    var isInverted = false
    var pauses = Pauses.none
    /// Whether a byte with a wrong stop bit reads as zero.
    var isChecked = false

    enum Pauses: CaseIterable { case none, some, afterEach }

    var testDescription: String {
      "\(rate) read at \(readRate), \(isInverted ? "inverted" : "right"), \(hasParity ? "7E1" : "8N1"), "
        + "pauses: \(pauses), \(isChecked ? "checked" : "unchecked")"
    }

    /// The bytes received of a telegram that is sent until there are at least a thousand bytes, from
    /// anywhere in it.
    func received(_ telegram: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
      let first = Int.random(in: 0..<telegram.count, using: &generator)
      var sent = Array(telegram[first...])
      while sent.count * readRate < 1000 * rate { sent += telegram }
      let pauseLengths = sent.map { _ in
        switch pauses {
        case .none: 0
        case .some: [5, 20, 300].randomElement(using: &generator) ?? 0
        case .afterEach: Int.random(in: 12...60, using: &generator)
        }
      }
      let isPause = sent.map { _ in
        pauses == .afterEach || Int.random(in: 0..<40, using: &generator) == 0
      }
      let signal = SerialSignal(
        sent, rate: rate, hasParity: hasParity, isInverted: isInverted,
        pauseLength: { isPause[$0] ? pauseLengths[$0] : 0 })
      return signal.received(at: readRate, isChecked: isChecked)
    }

    /// How often the bytes of a telegram are taken for each kind.
    func kinds() -> [StreamKind: Int] {
      var generator = SeededGenerator(seed: 20)
      return MisreadLineTests.telegrams.reduce(into: [:]) { kinds, telegram in
        let bytes = received(telegram, &generator)
        for length in [200, 1000] {
          kinds[StreamKind(bytes.span.extracting(last: length)), default: 0] += 1
        }
      }
    }

    func with(_ change: (inout Line) -> Void) -> Line {
      var line = self
      change(&line)
      return line
    }
  }

  private static let lines = [true, false].flatMap { hasParity in
    [true, false].map { Line(hasParity: hasParity, isChecked: $0) }
  }

  @Test(
    arguments: lines.flatMap { line in
      [Line.Pauses.none, .some].map { pauses in
        line.with { ($0.isInverted, $0.pauses) = (true, pauses) }
      }
    })
  func invertedSignalIsNamed(_ line: Line) {
    let kinds = line.kinds()
    #expect(kinds[.invertedSignal] == Self.telegrams.count * 2)
  }

  @Test(
    arguments: lines.map { $0.with { ($0.isInverted, $0.pauses) = (true, .afterEach) } })
  func invertedSignalWithPausesIsNamed(_ line: Line) {
    let kinds = line.kinds()
    // A byte with a wrong stop bit is a zero, if the driver replaces it: so is each of them.
    #expect(kinds[line.isChecked ? .zeros : .invertedSignal] == Self.telegrams.count * 2)
  }

  @Test(
    arguments: lines.flatMap { line in
      [true, false].map { isInverted in
        line.with { ($0.rate, $0.isInverted) = (9600, isInverted) }
      }
    })
  func tooHighSpeedIsZeros(_ line: Line) {
    #expect(line.kinds() == [.zeros: Self.telegrams.count * 2])
  }

  @Test(
    arguments: lines.flatMap { line in
      [true, false].map { isInverted in
        line.with { ($0.readRate, $0.isInverted) = (9600, isInverted) }
      }
    })
  func tooLowSpeedIsNamed(_ line: Line) {
    let kinds = line.kinds()
    let count = Self.telegrams.count * 2
    // Zeros in place of bytes with wrong stop bits hide how often each byte occurs.
    let expected = line.isChecked ? StreamKind.binary : .misreadLine
    // An inverted signal may be named too, as it is one.
    let inverted = kinds[.invertedSignal, default: 0]
    #expect(line.isInverted || inverted == 0)
    #expect((kinds[expected, default: 0] + inverted) * 10 > count * 9)
  }

  @Test(
    arguments: lines.flatMap { line in
      [(115_200, 57_600), (9600, 19_200), (19_200, 9600)].map { rates in
        line.with { ($0.rate, $0.readRate) = rates }
      }
    })
  func otherSpeedIsNeitherInvertedNorText(_ line: Line) {
    let kinds = line.kinds()
    #expect(Set(kinds.keys).isSubset(of: [.misreadLine, .binary]))
  }

  @Test(
    arguments: lines.flatMap { line in
      Line.Pauses.allCases.map { pauses in line.with { $0.pauses = pauses } }
    })
  func rightSpeedIsText(_ line: Line) {
    let kinds = line.kinds()
    #expect(kinds[.telegramLines] == Self.telegrams.count * 2)
  }

  @Test func randomBytesAreBinary() {
    var generator = SeededGenerator(seed: 21)
    var kinds: [StreamKind: Int] = [:]
    for length in [100, 1000, 4096] {
      for _ in 0..<500 {
        let bytes = (0..<length).map { _ in UInt8.random(in: 0...0xFF, using: &generator) }
        kinds[StreamKind(bytes.span), default: 0] += 1
      }
    }
    #expect(kinds == [.binary: 1500])
  }
}
