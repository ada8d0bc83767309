import CommandLine
import SystemPackage
import Telegrams

extension Framer {
  /// Takes in what a descriptor holds.
  ///
  /// - Returns: how many bytes that was, 0 at the end; nil where there is nothing yet.
  /// - Throws: `Errno`.
  mutating func fill(from descriptor: FileDescriptor) throws(Errno) -> Int? {
    do throws(Errno) {
      return try fill { room throws(Errno) in try descriptor.read(into: &room) }
    } catch {
      switch error {
      case .wouldBlock, .interrupted: return nil
      default: throw error
      }
    }
  }
}
