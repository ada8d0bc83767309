import Foundation
import Synchronization
import TestSupport

/// Records with the numbers 0, 1, 2 … that flow at an even pace into a pipe, which is held open at
/// both ends: readers may come and go.
///
/// The time of a record is as many seconds after noon of a day as its number says.
final class RecordFlow: Sendable {
  private struct State {
    var sent = 0
    var isStopping = false
    var isDone = false
  }

  private let pipe: PipeEnds
  private let rate: Int
  private let padding: String
  private let isTorn: Bool
  private let state = Mutex(State())

  /// Begins at once.
  /// - Parameters:
  ///   - rate: how many there are a second.
  ///   - padding: how many bytes of text each one has besides, at most 3000.
  ///   - isTorn: whether each is written in two pieces, with some time between them.
  /// - Throws: `Errno` where there can be no pipe.
  init(rate: Int, padding: Int = 0, isTorn: Bool = false) throws {
    signal(SIGPIPE, SIG_IGN)
    pipe = try PipeEnds()
    _ = fcntl(pipe.writing, F_SETFL, O_NONBLOCK)
    self.rate = rate
    self.isTorn = isTorn
    self.padding = padding > 0 ? "message=\(String(repeating: "x", count: padding))\n" : ""
    Thread.detachNewThread { [self] in flow() }
  }

  deinit { close(pipe.reading) }

  /// The end of the pipe that a program may have as its standard input.
  var input: Int32 { pipe.reading }

  /// How many were written.
  var sent: Int { state.withLock(\.sent) }

  /// Waits until so many more were written.
  /// - Throws: `CancellationError` where that takes far longer than it should.
  func pass(_ count: Int) async throws {
    let end = sent + count
    let limit = Duration.seconds(20 + 4 * count / rate)
    guard try await Deadline(in: limit).poll(until: { sent >= end }) else {
      throw CancellationError()
    }
  }

  /// Ends the flow, and with it the input of who reads it.
  /// - Returns: how many were written.
  /// - Throws: `CancellationError` where it does not end.
  func finish() async throws -> Int {
    state.withLock { $0.isStopping = true }
    let isDone = try await Deadline(in: .seconds(30)).poll { state.withLock(\.isDone) }
    guard isDone else { throw CancellationError() }
    return sent
  }

  /// A record.
  static func text(_ number: Int, padding: String = "") -> String {
    "timestamp=\(time(number))\nn=\(number)\n\(padding)\n"
  }

  /// The numbers of the records that a text has, in order.
  static func numbers(in text: String) -> [Int] {
    text.split(separator: "\n").filter { $0.hasPrefix("n=") }.compactMap { Int($0.dropFirst(2)) }
  }

  /// The instant `number` seconds after noon.
  static func time(_ number: Int) -> String {
    Date(timeIntervalSince1970: 1_768_478_400 + Double(number)).formatted(.iso8601)
  }

  private func flow() {
    let began = ContinuousClock.now
    var number = 0
    while !state.withLock(\.isStopping) {
      var bytes = Array(Self.text(number, padding: padding).utf8)
      if isTorn {
        // In the middle of the number, if it has two digits.
        let count = bytes.count - padding.utf8.count - 3
        guard writeWhole(bytes.prefix(count)) else { break }
        bytes.removeFirst(count)
        Thread.sleep(forTimeInterval: 0.5 / Double(rate))
      }
      guard writeWhole(bytes[...]) else { break }
      number += 1
      state.withLock { $0.sent = number }
      let ahead = began + .seconds(Double(number) / Double(rate)) - .now
      if ahead > .zero { Thread.sleep(forTimeInterval: ahead / .seconds(1)) }
    }
    close(pipe.writing)
    state.withLock { $0.isDone = true }
  }

  /// Writes a piece as a whole, as the kernel does what a page holds.
  /// - Returns: false where the flow is to end, and there is no room.
  private func writeWhole(_ bytes: ArraySlice<UInt8>) -> Bool {
    while true {
      let count = bytes.withUnsafeBytes { write(pipe.writing, $0.baseAddress, $0.count) }
      if count == bytes.count { return true }
      guard errno == EAGAIN || errno == EINTR, !state.withLock(\.isStopping) else { return false }
      var descriptor = pollfd(fd: pipe.writing, events: Int16(POLLOUT), revents: 0)
      _ = poll(&descriptor, 1, 100)
    }
  }
}
