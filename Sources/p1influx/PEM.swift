/// What is wrong with files that libcurl reads only once it connects.
enum PEM {
  static func faultOfCertificate(_ text: [UInt8]) -> String? {
    contains("CERTIFICATE-----", in: text) ? nil : "there is no certificate in it (PEM)"
  }

  static func faultOfKey(_ text: [UInt8]) -> String? {
    if contains("ENCRYPTED", in: text) {
      return "the key is behind a password: openssl pkey frees it"
    }
    return contains("PRIVATE KEY-----", in: text) ? nil : "there is no private key in it (PEM)"
  }

  private static func contains(_ words: String, in text: [UInt8]) -> Bool {
    String(decoding: text, as: UTF8.self).contains(words)
  }
}
