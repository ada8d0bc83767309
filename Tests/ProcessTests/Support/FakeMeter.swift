import Foundation
import TestSupport
import TestValues

/// A meter at the other end of a pseudo-terminal: p1cat gets what a serial receiver would decode at
/// the speed that p1cat has set at that moment.
struct FakeMeter: Sendable {
  private let line: PseudoTerminal
  private let rate: Int
  private let hasParity: Bool
  private let hasParityBit: Bool
  private let isInverted: Bool
  private let isReadWithParity: Bool

  private static let rates: [speed_t: Int] = [
    speed_t(B2400): 2400, speed_t(B9600): 9600, speed_t(B115200): 115_200,
  ]

  /// - Parameters:
  ///   - line: the line it is at the end of.
  ///   - rate: bits a second.
  ///   - hasParity: whether it sends 7 bits and even parity, 7E1; else 8N1.
  ///   - hasParityBit: whether it sends 8 bits and even parity, 8E1. A reader at 2400 baud expects that.
  ///   - isInverted: whether the cable is one that does not invert.
  ///   - isReadWithParity: whether the reader has asked for 7E1, which a pseudo-terminal does not show:
  ///     where INPCK is set, its receiver then checks the parity.
  init(
    _ line: PseudoTerminal, rate: Int = 115_200, hasParity: Bool = false,
    hasParityBit: Bool = false, isInverted: Bool = false,
    isReadWithParity: Bool = false
  ) {
    self.line = line
    self.rate = rate
    self.hasParity = hasParity
    self.hasParityBit = hasParityBit
    self.isInverted = isInverted
    self.isReadWithParity = isReadWithParity
  }

  /// Sends a text once.
  func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) async throws { try await send(received(bytes)) }

  /// Sends a text again and again until a condition holds.
  /// - Returns: whether it came to hold within the limit.
  func send(
    _ text: String, within limit: Duration = .seconds(20), until condition: () throws -> Bool
  ) async throws -> Bool {
    let received = received(Array(text.utf8))
    return try await Deadline(in: limit).poll(every: .milliseconds(100)) {
      if try condition() { return true }
      try await send(received)
      return false
    }
  }

  /// The settings of a receiver that change what it decodes.
  private struct LineSetting: Hashable {
    let rate: Int
    let isChecked: Bool
  }

  /// The bytes for every setting, decoded in advance: it takes time, and p1cat may change the speed
  /// meanwhile.
  private func received(_ bytes: [UInt8]) -> [LineSetting: [UInt8]] {
    let signal = SerialSignal(
      bytes, rate: rate, hasParity: hasParity, hasParityBit: hasParityBit, isInverted: isInverted)
    let settings = Self.rates.values.flatMap { rate in
      [true, false].map { LineSetting(rate: rate, isChecked: $0) }
    }
    return Dictionary(
      uniqueKeysWithValues: settings.map {
        let hasParity = isReadWithParity && $0.isChecked
        return (
          $0,
          signal.received(
            at: $0.rate, hasParity: hasParity, hasParityBit: $0.rate == 2400,
            isChecked: $0.isChecked)
        )
      })
  }

  private func send(_ received: [LineSetting: [UInt8]]) async throws {
    let settings = try line.settings()
    let setting = LineSetting(
      rate: Self.rates[settings.speed] ?? rate,
      isChecked: settings.c_iflag & tcflag_t(INPCK) != 0)
    try await line.write(received[setting] ?? [])
  }
}
