import CommandLine
import Metrics
import Telegrams
import Testing

@testable import p1cat
@testable import p1influx
@testable import p1mqtt
@testable import p1parse

/// The words that a setting takes are those that its tool knows.
@Suite struct ChoiceTests {
  private func expect<Value: CaseIterable & RawRepresentable<String>>(
    _ setting: Setting<String>, names _: Value.Type, _ location: SourceLocation = #_sourceLocation
  ) {
    guard case .words(let words) = setting.completion else {
      Issue.record("\(setting.text) has no words", sourceLocation: location)
      return
    }
    #expect(words == Value.allCases.map(\.rawValue), sourceLocation: location)
  }

  @Test func wordsAreCases() {
    expect(RecordGroup().format, names: OutputFormat.self)
    expect(RecordGroup().names, names: NameSet.self)
    expect(TimeGroup().source, names: TelegramParser.TimeSource.self)
    expect(MessageGroup().payload, names: Payload.self)
    expect(PointGroup().layout, names: PointStyle.Layout.self)
    expect(PointGroup().precision, names: Precision.self)
  }

  @Test func ratesAndParitiesAreThoseOfALine() throws {
    #expect(SerialLineGroup.rates == SerialLineSettings.speeds.map(\.key))
    guard case .words(let words) = SerialLineGroup().parity.completion else { return }
    for word in words {
      #expect(SerialLineSettings.Parity(rawValue: String(word.prefix(1))) != nil)
    }
  }
}
