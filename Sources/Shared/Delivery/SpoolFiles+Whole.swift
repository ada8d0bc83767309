import Records
import SystemPackage

/// What takes more than one operation, or is interrupted by a signal.
extension SpoolFiles {
  /// Writes all, or less where the disk is full.
  func write(all bytes: Span<UInt8>, to file: Handle) throws(Errno) {
    while true {
      do throws(Errno) {
        let count = try write(bytes, to: file)
        // What there was no room for now would be torn off.
        guard count == bytes.count else { throw .noSpace }
        return
      } catch .interrupted {
        continue
      }
    }
  }

  func syncAll(_ file: Handle) throws(Errno) {
    while true {
      do throws(Errno) { return try sync(file) } catch .interrupted { continue }
    }
  }

  func syncAllNames() throws(Errno) {
    while true {
      do throws(Errno) { return try syncNames() } catch .interrupted { continue }
    }
  }

  /// Reads so many bytes of a file.
  func readAll(_ name: String, size: Int) throws(Errno) -> [UInt8] {
    var text: [UInt8] = []
    while text.count < size {
      let piece = try readPiece(name, from: text.count, count: size - text.count)
      guard !piece.isEmpty else { throw .ioError }
      text += piece
    }
    return text
  }

  func readPiece(_ name: String, from offset: Int, count: Int) throws(Errno) -> [UInt8] {
    while true {
      do throws(Errno) {
        return try read(name, from: offset, count: count)
      } catch .interrupted {
        continue
      }
    }
  }
}
