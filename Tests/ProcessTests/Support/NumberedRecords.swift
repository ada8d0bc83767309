import TestSupport

/// Records with their number N in `n=N` and `m=N.5`.
enum NumberedRecords {
  /// One of them, one second after the one before.
  /// - Parameters:
  ///   - number: its number.
  ///   - meter: the meter that it is of.
  ///   - between: what stands between the two fields.
  /// - Returns: the record and the empty line that ends it.
  static func text(_ number: Int, meter: String = "E1", between: String = "") -> String {
    "timestamp=\(noon(plus: number))\nmeter=\(meter)\nn=\(number)\n\(between)m=\(number).5\n\n"
  }

  static func text(_ numbers: Range<Int>, meter: String = "E1") -> String {
    numbers.map { text($0, meter: meter) }.joined()
  }

  /// The numbers of the records in lines of points in the wide layout, by the field `n` or `m`.
  static func numbers(in lines: [Substring], field: String = "n") -> [Int] {
    lines.flatMap { line in
      line.split(separator: " ").dropFirst().first?.split(separator: ",").compactMap { item in
        item.hasPrefix("\(field)=")
          ? item.dropFirst(field.count + 1).split(separator: ".").first.flatMap { Int($0) } : nil
      } ?? []
    }
  }
}
