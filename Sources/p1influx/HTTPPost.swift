import CCurl
import Console
import Glibc
import SystemPackage

/// POST requests to one URL, one at a time, over a connection that is kept.
///
/// A request goes on while ``wait(for:until:)`` waits, which waits for other descriptors too.
@safe final class HTTPPost {
  /// How a request ended.
  enum Outcome: Equatable {
    /// The server's answer: the status, the beginning of what it said, and the seconds that it
    /// asked to wait for, 0 where it did not.
    case answer(status: Int, text: String, retryAfter: Int)
    /// There was no answer.
    case failure(String)
  }

  /// What the server said, as much as a message can use.
  private final class Reply {
    static let limit = 1024
    var text: [UInt8] = []
  }

  private let easy: UnsafeMutableRawPointer
  private let multi: OpaquePointer
  private let reply = Reply()
  /// Whether a request is under way.
  private(set) var isBusy = false

  /// - Parameters:
  ///   - url: where the requests go.
  ///   - login: user and password, where the server wants them.
  ///   - timeout: how long a request may take, its connection included.
  /// - Throws: `Failure` where libcurl cannot be used so.
  init(url: String, login: (user: String, password: Secret)?, timeout: Duration) throws {
    guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK,
      let easy = unsafe curl_easy_init(), let multi = unsafe curl_multi_init()
    else {
      throw Failure("libcurl", "cannot be started", .ioError)
    }
    unsafe self.easy = easy
    unsafe self.multi = OpaquePointer(multi)
    try set(CURLOPT_URL, url)
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_USERAGENT, "p1influx/\(toolsVersion)")
    if let login {
      try set(CURLOPT_USERNAME, login.user)
      try set(CURLOPT_PASSWORD, login.password.value)
    }
    let milliseconds = Int(timeout.components.seconds) * 1000
    try check(unsafe curl_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds))
    try check(unsafe curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds / 2))
    try check(unsafe curl_set_long(easy, CURLOPT_NOSIGNAL, 1))
    try check(unsafe curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1))
    // A body of more than a megabyte would else wait a second for "100 Continue".
    let headers = unsafe curl_slist_append(nil, "Expect:")
    try check(
      unsafe curl_set_header(easy, curl_slist_append(headers, "Content-Type: text/plain")))
    let writer: curl_write_callback = { bytes, size, count, context in
      guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
      let reply = unsafe Unmanaged<Reply>.fromOpaque(context).takeUnretainedValue()
      let room = min(size * count, Reply.limit - reply.text.count)
      unsafe UnsafeRawBufferPointer(start: bytes, count: room).withMemoryRebound(to: UInt8.self) {
        unsafe reply.text.append(contentsOf: $0)
      }
      return size * count
    }
    try check(unsafe curl_set_writer(easy, writer, Unmanaged.passUnretained(reply).toOpaque()))
  }

  /// Begins a request. There must be none under way.
  func begin(body: Span<UInt8>) throws {
    reply.text.removeAll(keepingCapacity: true)
    try check(
      unsafe body.withUnsafeBytes {
        unsafe curl_set_body(easy, $0.baseAddress, curl_off_t($0.count))
      })
    guard unsafe curl_multi_add_handle(UnsafeMutableRawPointer(multi), easy) == CURLM_OK else {
      throw Failure("libcurl", "cannot send a request", .ioError)
    }
    isBusy = true
  }

  /// Goes on with the request.
  ///
  /// - Returns: how it ended, nil while it is under way.
  func proceed() throws -> Outcome? {
    var running: Int32 = 0
    guard unsafe curl_multi_perform(UnsafeMutableRawPointer(multi), &running) == CURLM_OK else {
      throw Failure("libcurl", "cannot go on with a request", .ioError)
    }
    let result = unsafe curl_next_result(UnsafeMutableRawPointer(multi))
    guard result >= 0 else { return nil }
    isBusy = false
    unsafe curl_multi_remove_handle(UnsafeMutableRawPointer(multi), easy)
    guard result == 0 else {
      let reason = unsafe String(cString: curl_easy_strerror(CURLcode(UInt32(result))))
      return .failure(reason)
    }
    return .answer(
      status: unsafe curl_response_code(easy),
      text: String(decoding: reply.text, as: UTF8.self), retryAfter: unsafe curl_retry_after(easy))
  }

  /// Waits until the request can go on, something happens on one of the descriptors, or the
  /// deadline has come.
  ///
  /// - Returns: the interests that something happened on.
  func wait(
    for interests: [Interest], until deadline: ContinuousClock.Instant?
  ) throws -> [Interest] {
    var descriptors = interests.map { interest in
      curl_waitfd(
        fd: interest.descriptor.rawValue,
        events: Int16(interest.isWrite ? CURL_WAIT_POLLOUT : CURL_WAIT_POLLIN), revents: 0)
    }
    let timeout = deadline.map { milliseconds(until: $0) } ?? 3_600_000
    let code = unsafe curl_multi_poll(
      UnsafeMutableRawPointer(multi), &descriptors, UInt32(descriptors.count), timeout, nil)
    guard code == CURLM_OK else { throw Failure("libcurl", "cannot wait", .ioError) }
    return zip(interests, descriptors).filter { $0.1.revents != 0 }.map(\.0)
  }

  /// `text` as a part of a URL.
  static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { url, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        url.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        url += byte < 16 ? "%0" : "%"
        url += String(byte, radix: 16, uppercase: true)
      }
    }
  }

  private func set(_ option: CURLoption, _ value: String) throws {
    try check(unsafe curl_set_string(easy, option, value))
  }

  private func check(_ code: CURLcode) throws {
    guard code == CURLE_OK else {
      throw Failure("libcurl", unsafe String(cString: curl_easy_strerror(code)), .configuration)
    }
  }
}
