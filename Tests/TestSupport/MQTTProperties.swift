/// The properties of a packet of MQTT 5, in their order; a packet of an older version has none.
public struct MQTTProperties: Sendable, Equatable, ExpressibleByDictionaryLiteral,
  CustomStringConvertible
{
  /// A value, in the form that its property has.
  public enum Value: Sendable, Equatable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    case number(Int)
    case text(String)
    case bytes([UInt8])
    case pair(String, String)

    public init(integerLiteral value: Int) { self = .number(value) }
    public init(stringLiteral value: String) { self = .text(value) }
  }

  struct Entry: Sendable, Equatable {
    let property: MQTTProperty
    let value: Value
  }
  private(set) var entries: [Entry] = []

  /// None.
  public init() {}

  public init(dictionaryLiteral elements: (MQTTProperty, Value)...) {
    for (property, value) in elements { append(property, value) }
  }

  mutating func append(_ property: MQTTProperty, _ value: Value) {
    entries.append(Entry(property: property, value: value))
  }

  public var isEmpty: Bool { entries.isEmpty }

  /// The value of a property; nil where it is not there.
  public subscript(_ property: MQTTProperty) -> Value? {
    entries.first { $0.property == property }?.value
  }

  /// The pairs of text that the sender made up.
  public var userProperties: [(name: String, value: String)] {
    entries.compactMap { entry in
      if case .pair(let name, let value) = entry.value { (name, value) } else { nil }
    }
  }

  public var description: String {
    entries.map { "\($0.property): \($0.value)" }.joined(separator: ", ")
  }
}
