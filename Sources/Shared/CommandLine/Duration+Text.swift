extension Duration {
  /// Seconds with three decimals, cut off.
  public var inMilliseconds: String {
    let (seconds, attoseconds) = components
    let thousandths = String(attoseconds / 1_000_000_000_000_000)
    return "\(seconds)." + String(repeating: "0", count: 3 - thousandths.count) + thousandths
  }

  /// Seconds, with decimals where they count.
  public var inSeconds: String {
    var text = inMilliseconds
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}
