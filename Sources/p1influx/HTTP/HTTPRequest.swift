import CCurl
import CommandLine
import Glibc

/// POST requests to one URL, one after the other. ``HTTPClient`` performs them.
@safe final class HTTPRequest {
  /// The beginning of the body of the answer, as much as a message can use.
  private final class Reply {
    static let limit = 1024
    var text: [UInt8] = []
  }

  let easy: UnsafeMutableRawPointer
  private let reply = Reply()
  private let isSaidToBeLocal: Bool
  /// For how many milliseconds the server may send nothing.
  private let responseTimeout: Int
  /// Removed from messages, as the server may repeat them in its answer.
  private let secrets: [String]
  private var headers:
    (plain: UnsafeMutablePointer<curl_slist>?, gzip: UnsafeMutablePointer<curl_slist>?)
  /// Where libcurl writes the details of a failure.
  private let detail: UnsafeMutablePointer<CChar>
  /// How the last request ended; nil once that was handled.
  var answer: HTTPAnswer?
  /// Whether a request is under way.
  var isBusy = false
  /// Whether the last request needed a new connection.
  private(set) var hasConnected = false

  /// - Parameters:
  ///   - path: the rest of the URL, after the base of the target.
  ///   - type: the media type of the body.
  ///   - responseTimeout: how long the server may send nothing.
  /// - Throws: `Failure` where libcurl rejects a setting.
  init(
    _ target: HTTPTarget, _ path: String, type: String = "text/plain; charset=utf-8",
    responseTimeout: Duration
  ) throws {
    guard let easy = unsafe curl_easy_init() else {
      throw Failure("libcurl", "cannot be started", .ioError)
    }
    unsafe self.easy = easy
    unsafe headers = (nil, nil)
    isSaidToBeLocal = target.isLocal
    secrets = [target.login?.password.value, target.token?.1.value].compactMap(\.self)
      .filter { !$0.isEmpty }
    self.responseTimeout = max(1, Int(responseTimeout.components.seconds)) * 1000
    unsafe detail = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe detail.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    try check(unsafe curl_set_error_buffer(easy, detail))
    try set(CURLOPT_URL, target.base + path)
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_USERAGENT, "p1influx/\(toolsVersion)")
    if let login = target.login {
      try set(CURLOPT_USERNAME, login.user)
      try set(CURLOPT_PASSWORD, login.password.value)
    }
    // A proxy of the environment is not meant for this machine.
    if target.isLocal { try set(CURLOPT_NOPROXY, "*") }
    if let socket = target.socket { try set(CURLOPT_UNIX_SOCKET_PATH, socket) }
    try setTLS(target)
    // The timeout counts the time without a byte, as a body may take long on a slow line.
    try set(CURLOPT_CONNECTTIMEOUT_MS, self.responseTimeout / 2)
    try set(CURLOPT_LOW_SPEED_LIMIT, 1)
    try set(CURLOPT_LOW_SPEED_TIME, self.responseTimeout / 1000)
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_TCP_KEEPALIVE, 1)
    setHeaders(type, target.token)
    try setWriter()
  }

  deinit {
    unsafe curl_easy_cleanup(easy)
    unsafe detail.deallocate()
    unsafe curl_slist_free_all(headers.plain)
    unsafe curl_slist_free_all(headers.gzip)
  }

  private func setTLS(_ target: HTTPTarget) throws {
    // These are the defaults of libcurl; no setting turns them off.
    try set(CURLOPT_SSL_VERIFYPEER, 1)
    try set(CURLOPT_SSL_VERIFYHOST, 2)
    if let file = target.caFile {
      try set(CURLOPT_CAINFO, file)
      // Else libcurl would also trust the directory of the system's authorities.
      try set(CURLOPT_CAPATH, nil)
    }
    if let file = target.certificateFile { try set(CURLOPT_SSLCERT, file) }
    if let file = target.keyFile { try set(CURLOPT_SSLKEY, file) }
    if let key = target.pinnedKey { try set(CURLOPT_PINNEDPUBLICKEY, key) }
  }

  private func setHeaders(_ type: String, _ token: (scheme: String, secret: Secret)?) {
    // Without "Expect:", libcurl waits a second for "100 Continue" before a body of over a megabyte.
    var lines = ["Expect:", "Content-Type: \(type)"]
    if let token { lines.append("Authorization: \(token.scheme) \(token.secret.value)") }
    unsafe headers.plain = lines.reduce(nil) { unsafe curl_slist_append($0, $1) }
    lines.append("Content-Encoding: gzip")
    unsafe headers.gzip = lines.reduce(nil) { unsafe curl_slist_append($0, $1) }
  }

  private func setWriter() throws {
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

  /// Prepares the next request.
  ///
  /// - Parameters:
  ///   - body: copied by libcurl.
  ///   - compresses: whether the body is sent as gzip, if there is memory for that.
  /// - Throws: `Failure` without memory for the body.
  func prepare(_ body: Span<UInt8>, compresses: Bool) throws {
    reply.text.removeAll(keepingCapacity: true)
    answer = nil
    let zipped = compresses ? HTTPRequest.gzipped(body) : []
    try check(
      unsafe curl_set_headers(easy, zipped.isEmpty ? headers.plain : headers.gzip))
    let sent = zipped.isEmpty ? body : zipped.span
    // A server that answers byte by byte is given up too. A slow line carries 8 bytes in a millisecond.
    try set(CURLOPT_TIMEOUT_MS, 3 * responseTimeout + sent.count / 8)
    try check(
      unsafe sent.withUnsafeBytes {
        unsafe curl_set_body(easy, $0.baseAddress, curl_off_t($0.count))
      })
  }

  /// Notes the answer of a request that has ended.
  func end(_ result: Int32) {
    isBusy = false
    hasConnected = unsafe curl_new_connections(easy) > 0
    guard result == 0 else {
      answer = .failure(reason(of: CURLcode(UInt32(result))))
      return
    }
    let text = secrets.reduce(String(decoding: reply.text, as: UTF8.self)) {
      $0.replacing($1, with: "(secret)")
    }
    answer = .status(
      unsafe curl_response_code(easy), text: text,
      retryAfter: .seconds(unsafe curl_retry_after(easy)))
  }

  /// Why there was no answer. libcurl's details are only used for certificates; otherwise they add
  /// milliseconds and ports, which differ each time.
  private func reason(of code: CURLcode) -> String {
    let details = unsafe String(cString: detail)
    switch code {
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CACERT_BADFILE:
      if !details.isEmpty { return details }
    default: break
    }
    return unsafe String(cString: curl_easy_strerror(code))
  }

  /// Whether the server is on this machine: by the address of the last connection, else by the URL.
  var isLocal: Bool {
    let peer = unsafe String(cString: curl_peer(easy))
    return peer.isEmpty ? isSaidToBeLocal : peer.hasPrefix("127.") || peer == "::1"
  }

  /// The bytes as gzip; none without the memory for it.
  private static func gzipped(_ bytes: Span<UInt8>) -> [UInt8] {
    let size = gzip_bound(bytes.count)
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe [UInt8](unsafeUninitializedCapacity: size) { room, count in
        count = unsafe gzip(bytes.baseAddress, bytes.count, room.baseAddress, size)
      }
    }
  }

  private func set(_ option: CURLoption, _ value: String?) throws {
    try check(unsafe curl_set_string(easy, option, value))
  }

  private func set(_ option: CURLoption, _ value: Int) throws {
    try check(unsafe curl_set_long(easy, option, value))
  }

  private func check(_ code: CURLcode) throws {
    guard code == CURLE_OK else {
      throw Failure("libcurl", unsafe String(cString: curl_easy_strerror(code)), .configuration)
    }
  }
}

/// How a request ended.
enum HTTPAnswer: Equatable {
  /// The server's answer: the status, the beginning of its body, and its `Retry-After`, zero without one.
  case status(Int, text: String, retryAfter: Duration)
  /// There was no answer, for this reason.
  case failure(String)

  /// The answer as messages show it: the status and the first line of the body.
  var description: String {
    switch self {
    case .status(let status, let text, _):
      let line = text.split(whereSeparator: \.isNewline).first ?? ""
      return "HTTP \(status)" + (line.isEmpty ? "" : ": \(line)")
    case .failure(let reason): return reason
    }
  }

  /// The answer with what to do about it, if that is known.
  ///
  /// - Parameter createsDatabase: whether p1influx creates a missing database itself.
  func description(ifCreating createsDatabase: Bool) -> String {
    switch self {
    case .status(401, _, _), .status(403, _, _):
      "\(description); check the user and password, or the token"
    case .status(404, let text, _)
    where text.contains("database not found") && !createsDatabase:
      "\(description); create it, or set INFLUXDB_CREATE_DB = True"
    default: description
    }
  }

  /// The answer without its body: two answers of one kind are reported as repetitions.
  var kind: String {
    switch self {
    case .status(let status, _, _): "HTTP \(status)"
    case .failure(let reason): reason
    }
  }
}
