/// The keys of p1cat for meters that encrypt their telegrams.
public struct EncryptionGroup: SettingGroup {
  public static let title = "Encrypted telegrams"

  public let keyFile = Setting(
    "SER_KEY_FILE", option: "key-file", .file,
    help: "Decrypt telegrams with the key in this file.",
    manual: """
      .Nm
      rejects a key file that others can read.
      See
      .Sx Key files .
      """)
  public let authenticationKeyFile = Setting(
    "SER_AUTH_KEY_FILE", option: "auth-key-file", .file,
    ifUnset: "the authentication key of Luxembourg",
    help: "Verify the tags of encrypted telegrams with the authentication key in this file.",
    manual: """
      If the grid operator gives you two keys, set this option and
      .Fl -key-file .
      The file has the same format.
      """)
  public let strictTag = Setting(
    "SER_STRICT_TAG", option: "strict-tag", .flag, default: false, isInvertible: true,
    help: "Reject encrypted telegrams with a wrong or missing authentication tag.",
    manual: """
      Without it, a telegram with a wrong tag is accepted if its checksum is right, because some
      meters in Luxembourg send wrong tags.
      .Nm
      logs the first wrong tag of a meter, and counts all of them.
      """)
  public let rejectReplay = Setting(
    "SER_REJECT_REPLAY", option: "reject-replay", .flag, default: false, isInvertible: true,
    help: "Reject encrypted telegrams whose frame counter is not greater than all earlier ones.",
    manual: """
      Use it if somebody could record telegrams and send them again.
      Without it, such telegrams are accepted and logged.
      The counter is kept in memory: after a restart, any counter is accepted.
      Restart
      .Nm
      when the grid operator changes the key, because the counter then begins again.
      """)

  public init() {}
}
