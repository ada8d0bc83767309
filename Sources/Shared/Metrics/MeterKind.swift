/// What kind of meter a telegram is of, as far as other tools' names depend on it.
public enum MeterKind: CaseIterable, Sendable {
  /// Dutch, before DSMR 5.
  case beforeDSMR5
  /// Dutch with DSMR 5, and any other.
  case dsmr5
  /// Belgian: it prints its version as `0-0:96.1.4`.
  case belgian
  case hungarian
  /// It prints its energy as totals alone, without tariffs: in Luxembourg and Sweden.
  case totals
}
