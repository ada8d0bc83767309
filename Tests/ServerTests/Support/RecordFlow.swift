import Foundation
import Synchronization
import TestSupport

/// Writes records with the numbers 0, 1, 2 … to a pipe at an even rate. The pipe stays open at both ends,
/// so that one reader can follow another. The time of record N is N seconds after noon.
final class RecordFlow: Sendable {
  private struct State {
    var sent = 0
    var isStopping = false
    var isDone = false
  }

  private let pipe: PipeEnds
  private let rate: Int
  private let padding: String
  private let isSourceLost: Bool
  private let state = Mutex(State())

  /// - Parameters:
  ///   - rate: records per second.
  ///   - padding: bytes of text that each record has besides, at most 3000.
  ///   - isSourceLost: whether each record is written in two pieces, with a pause between.
  init(rate: Int, padding: Int = 0, isSourceLost: Bool = false) throws {
    signal(SIGPIPE, SIG_IGN)
    pipe = try PipeEnds()
    _ = fcntl(pipe.writing, F_SETFL, O_NONBLOCK)
    self.rate = rate
    self.isSourceLost = isSourceLost
    self.padding = padding > 0 ? "message=\(String(repeating: "x", count: padding))\n" : ""
    Thread.detachNewThread { [self] in flow() }
  }

  deinit { close(pipe.reading) }

  /// The reading end of the pipe, for the standard input of a program.
  var input: Int32 { pipe.reading }

  /// The number of records written so far.
  var sent: Int { state.withLock(\.sent) }

  /// Waits until `count` more records were written.
  /// - Throws: `CancellationError` if the reader does not read them in time.
  func pass(_ count: Int) async throws {
    let end = sent + count
    let limit = Duration.seconds(20 + 4 * count / rate)
    guard try await Deadline(in: limit).poll(until: { sent >= end }) else {
      throw CancellationError()
    }
  }

  /// Ends the flow and the input of its reader.
  /// - Returns: the number of records written.
  /// - Throws: `CancellationError` if the reader does not read the last one in time.
  func finish() async throws -> Int {
    state.withLock { $0.isStopping = true }
    let isDone = try await Deadline(in: .seconds(30)).poll { state.withLock(\.isDone) }
    guard isDone else { throw CancellationError() }
    return sent
  }

  static func text(_ number: Int, padding: String = "") -> String {
    "timestamp=\(noon(plus: number))\nn=\(number)\n\(padding)\n"
  }

  /// The numbers of the records in a text, in order.
  static func numbers(in text: String) -> [Int] {
    text.split(separator: "\n").filter { $0.hasPrefix("n=") }.compactMap { Int($0.dropFirst(2)) }
  }

  private func flow() {
    let began = ContinuousClock.now
    var number = 0
    while !state.withLock(\.isStopping) {
      var bytes = Array(Self.text(number, padding: padding).utf8)
      if isSourceLost {
        // Tear it in the middle of the number, if that has two digits.
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

  /// Writes a piece in one write: the kernel does not split one that fits into a page (PIPE_BUF).
  /// - Returns: false if the flow is to end and the pipe is full.
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
