import Metrics
import Telegrams

/// A list of values that a meter has pushed.
public struct PushList: Equatable, Sendable {
  /// The three letters of the maker; nil if neither the list nor its frame tells.
  public let maker: String?
  /// The type of the meter, as far as the header of a telegram can have it; nil if no list told it.
  public let type: String?
  /// The time of the values; nil if the meter does not tell.
  public let time: ListTime?
  /// The values that have a code and a unit if they need one, in order. The number of the meter is one of them if this
  /// list or an earlier one told it.
  public let values: [PushValue]
  /// The codes of numbers whose unit is unknown, which are left out.
  public let withoutUnit: [OBISCode]
}
