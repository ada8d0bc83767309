// Known shapes: the fast path for a telegram that differs from an earlier one only in digits.
//
// From one second to the next, a meter's telegrams differ only in some digits, and so do the records
// made of them. The slow path reads a telegram line by line and defines what is right:
//
//     Framer.next ─► TelegramLayout ─► LineRule ─► TelegramDraft ─► RecordWriter
//
// Each telegram that was read on the slow path leaves two things behind:
//
//     Framer.Shape         which of its bytes may change, and the place of its `!`
//     TelegramTemplate     which of its bytes may change, the text of its records, and the place in
//                          that text of each digit and time that may change
//
// A later telegram is compared with them in one pass. If all bytes fit, the framer only verifies the
// checksum, and the parser only copies the digits and writes the times into the text of the records.
// If not, the telegram takes the slow path.
//
// The invariant: for a telegram of a known shape, both ways find the same telegram and make the same
// records and findings. FramerShapeTests and TelegramTemplateTests compare both ways on random and
// damaged input.
//
// It holds because a byte may change only if it is
//
// - a digit of a number that is copied to the records digit by digit. Leading zeros must stay zeros,
//   and the first digit after them must not become one, so that the number keeps its length;
// - a digit of a number that net power is made of. It is calculated again, and its text must keep its length;
// - a digit of a time. The time is read again, and its text must keep its length;
// - a digit in the parentheses of a line that is not read;
// - the checksum, which the framer verifies.
//
// Every other byte is fixed: codes, units, texts, states, and all digits of a line that decides about
// something else (`TelegramParser.decidesAboutOtherLines`), of a repeated or unreadable line
// (`TelegramParser.fixedLines`), and of a line in which a pattern distinguished digits
// (`LinePattern.Match.holdsForOtherDigits`).
//
// New knowledge about meters belongs to the slow path. If a digit decides about anything but its own
// value, add the value there without its `source`: the digit is then fixed.
//
// A telegram always takes the slow path if its time depends on times of receipt. A damaged one leaves no
// template behind.
