//! Every capacity of the core, in one place and related to the others.
//!
//! A capacity is a promise to the user (nothing grows without bound) and a cost
//! (memory on a router), so each one has a name with its unit, and the assertions
//! at the end say which of them depend on each other. The limits of a service are
//! in its file (`delivery/services/`).

/// Longest message text that is matched, in bytes.
///
/// RouterOS cuts its log messages at 1,024 characters (changelog of 6.46);
/// topics, a prefix, a syslog header or CEF's extra fields come on top. Only the
/// first bytes of longer datagrams are matched, and they are counted as cut.
pub const MESSAGE_BYTES_MAX: usize = 4_096;

/// Longest datagram that is received and forwarded, in bytes: UDP's own limit.
pub const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Most TCP connections at a time, each of which takes the memory of a message.
pub const CONNECTIONS_MAX: usize = 16;

/// Most connections of those who ask for metrics (`METRICS_ADDR`). Prometheus needs one.
pub const METRICS_CONNECTIONS_MAX: usize = 8;

/// Longest head of a request for metrics, in bytes. Prometheus sends some 400.
pub const REQUEST_HEAD_BYTES_MAX: usize = 4_096;

/// Longest request line of a request for metrics, in bytes, without its end.
pub const REQUEST_LINE_BYTES_MAX: usize = 128;

/// Bytes of the intake ring between the receiver and the matcher.
///
/// A usual 110-byte line takes about 130 bytes with its header, so this holds
/// about 1,000 of them.
pub const RING_BYTES: usize = 128 * 1024;

/// Most addresses and networks that can be allowed to send (`SYSLOG_ALLOW`).
pub const ALLOWED_MAX: usize = 64;

/// Most lines of our own output that are remembered, so that they are known when
/// they come back: more than can wait in the ring and in the kernel's buffer
/// meanwhile (8 bytes each; a long line takes two).
pub const OWN_LINES_MAX: usize = 4_096;

/// Visible characters at the beginning of a line of our own output that suffice
/// to know it, if it has so many.
///
/// RouterOS 7.24 breaks a log entry after 299 characters, blanks included.
pub const OWN_LINE_CHARS: usize = 200;

/// Most rules that can be configured from the environment (`EVENTn_*`).
pub const ENV_RULES_MAX: usize = 64;

/// Most routers that can have names.
pub const ROUTERS_MAX: usize = 64;

/// Most addresses of the router that alertik runs on: the loopback of both families and
/// the gateway.
pub const DEVICE_ADDRESSES_MAX: usize = 3;

/// Most addresses without a name of their own that silence is noticed of: those of
/// named networks, and strangers.
pub const HEARD_MAX: usize = 128;

/// Most strangers, addresses without any name, whose silence is reported.
pub const SILENT_STRANGERS_MAX: usize = 32;

/// Shortest time for which a stranger must be heard without a pause before its silence
/// is worth a report, in milliseconds.
pub const STRANGER_PROBATION_MILLIS: u64 = 60 * 60 * 1_000;

/// Routers that are counted one by one for `alertik health`: those heard most recently.
pub const ROUTERS_HEARD_MAX: usize = 64;

/// Most static events the core can ship.
pub const STATIC_EVENTS_MAX: usize = 64;

/// Most rules in all. A candidate set is one bit per rule.
pub const RULES_MAX: usize = ENV_RULES_MAX + STATIC_EVENTS_MAX;

/// Most capture groups reported to a mask (`@1`..`@31`), as in the predecessor.
pub const GROUPS_MAX: usize = 31;

/// Longest text of one notification before any service's own limit, in bytes.
///
/// It counts the markers of [`crate::text::Text`] as well.
pub const NOTICE_BYTES_MAX: usize = 8_192;

/// Longest name of a router and longest list of topics that a notification carries, in
/// bytes with the markers of [`crate::text::Text`]. Users' names have at most 64 bytes,
/// topics of RouterOS about 40.
pub const LABEL_BYTES_MAX: usize = 80;

/// Longest mask, in bytes.
pub const MASK_BYTES_MAX: usize = 4_096;

/// Most notifiers there can be: a set has one bit each.
pub const NOTIFIERS_MAX: usize = 16;

/// How long a notification may wait unless the user says otherwise, in seconds:
/// the default of `NOTIFY_MAX_AGE_SECS`.
pub const MAX_AGE_SECS: u64 = 3_600;

/// Longest time that a notifier is left alone after an answer such as 404, in
/// seconds. It is doubled from 30 s to this.
pub const SUSPENSION_SECS_MAX: u64 = 960;

/// Bytes of one notifier's outbox: 5,000 routers that say the same, each named by an
/// IPv6 address, or 2,500 usual notifications. They are resident only once they are
/// used.
pub const OUTBOX_BYTES: usize = 320 * 1024;

/// Most characters that the names of the routers may take in one record of an outbox,
/// each mark counted as the entity that a service may need for it. With a text of usual
/// length this fits into a message of Discord, whose limit of 2,000 is the lowest.
pub const MERGED_NAMES_UNITS_MAX: usize = 1_200;

/// Longest text that one record says of several routers, in bytes, without the names.
pub const MERGED_TEXT_BYTES_MAX: usize = 512;

/// Longest time between the first and the last router of a record, in milliseconds: the
/// last one is as old as the first when the record is too old.
pub const MERGE_WITHIN_MILLIS: u64 = 60_000;

/// How many of the newest records are looked at for one that says the same.
pub const MERGE_LOOK_BACK_RECORDS: usize = 32;

/// Longest spool, in bytes: what waits for all notifiers at the end of a process.
pub const SPOOL_BYTES_MAX: usize = 128 * 1024;

/// Longest body of a request, in bytes: the largest that a service takes and an
/// outbox can fill.
pub const BODY_BYTES_MAX: usize = 32 * 1024;

/// Longest URL or header value of a request as the user writes it, in bytes.
pub const HEAD_TEMPLATE_BYTES_MAX: usize = 2_048;

/// Bytes that notification text may take in a URL or header value.
pub const HEAD_TEXT_BYTES_MAX: usize = 2_048;

/// Most bytes that a placeholder other than text takes: an IPv6 address of 39
/// characters whose seven colons are percent-encoded.
pub const VALUE_BYTES_MAX: usize = 53;

/// Longest URL or header value of a request after expansion, in bytes: the sum
/// of all its parts, so that none is ever cut.
pub const HEAD_BYTES_MAX: usize =
    HEAD_TEMPLATE_BYTES_MAX + HEAD_TEXT_BYTES_MAX + TEMPLATE_PIECES_MAX * VALUE_BYTES_MAX;

/// Most addresses that a mail goes to.
pub const MAIL_RECIPIENTS_MAX: usize = 16;

/// Longest address of a mail, in bytes (RFC 5321, section 4.5.3.1.3).
pub const MAIL_ADDRESS_BYTES_MAX: usize = 254;

/// Longest user name and longest password for a mail server, in bytes.
pub const MAIL_LOGIN_BYTES_MAX: usize = 256;

/// Longest subject of a mail as the user writes it, in bytes.
pub const MAIL_TEMPLATE_BYTES_MAX: usize = 256;

/// Longest subject of a mail, in bytes; what does not fit is left out.
pub const MAIL_SUBJECT_BYTES_MAX: usize = 1_024;

/// Longest command to a mail server, in bytes: user and password together as base64.
pub const MAIL_COMMAND_BYTES_MAX: usize = 1_024;

/// Most bytes of a mail server's reply that are kept, and of one line of it that are
/// read: that is twice what a line may have (RFC 5321, section 4.5.3.1.5).
pub const MAIL_REPLY_BYTES_MAX: usize = 1_024;

/// Longest head of an answer, in bytes: status line and fields.
pub const ANSWER_HEAD_BYTES_MAX: usize = 8_192;

/// Most bytes of an answer's body that are kept.
pub const ANSWER_BODY_BYTES_MAX: usize = 4_096;

/// Name servers that are asked, as everywhere (resolv.conf(5), `MAXNS`).
pub const DNS_SERVERS_MAX: usize = 3;

/// Addresses of a host that are kept, of each family. Unless they refuse at once,
/// an attempt's time is too short for more.
pub const DNS_ADDRESSES_MAX: usize = 8;

/// Aliases that are followed from a name to its addresses. Names of large
/// services have up to five.
pub const DNS_ALIASES_MAX: usize = 16;

/// Longest answer that a name server is asked for, in bytes, once one did not fit
/// into 512 (RFC 1035, section 4.2.1). So much passes any path unfragmented (DNS
/// flag day 2020).
pub const DNS_ANSWER_BYTES_MAX: usize = 1_232;

/// Most literals and placeholders of a template.
pub const TEMPLATE_PIECES_MAX: usize = 32;

/// Texts whose cooldown can run at the same time, over all rules and routers: of 54 bytes
/// each. A fleet of 5,000 routers that all say the same fits.
pub const COOLDOWNS_MAX: usize = 8_192;

/// Bytes of the texts that are kept for the summaries that end cooldowns, those
/// of which something was held back. 5,000 usual ones are kept whole.
pub const COOLDOWN_TEXTS_BYTES: usize = 64 * COOLDOWNS_MAX;

/// Most bytes of a text that are kept for the summary that ends its cooldown.
pub const COOLDOWN_TEXT_BYTES_MAX: usize = 512;

/// Matches, over all rules, that count for thresholds, distinct values and sequences at
/// the same time: of 28 bytes each. When there are more, those of which there are most go.
pub const WINDOW_ENTRIES_MAX: usize = 4_096;

/// Highest count of a threshold, of distinct values or of a sequence.
pub const WINDOW_COUNT_MAX: u16 = 256;

/// Longest time of a policy that can be configured, in seconds: a week. A longer time is
/// more likely a mistake than a wish.
pub const POLICY_SECS_MAX: u64 = 7 * 24 * 60 * 60;

/// Cooldown of a rule that does not say its own, in seconds.
pub const COOLDOWN_SECS_DEFAULT: u64 = 10;

/// Cases of rules with a recovery that can be open at the same time, over all rules: of
/// about 100 bytes each.
pub const PAIRS_MAX: usize = 256;

/// Bytes of the texts that are kept for these.
pub const PAIR_TEXTS_BYTES: usize = 64 * PAIRS_MAX;

/// Longest time for which a case that begins and ends again and again is only counted,
/// in milliseconds.
pub const FLAP_REPORT_MILLIS: u64 = 30 * 60 * 1_000;

/// Bytes of a value that an event knows (`EVENTn_FIRST`).
pub const KNOWN_VALUE_BYTES: usize = 5;

/// Most values that one event can know.
pub const KNOWN_VALUES_MAX: usize = 2_000;

/// Most values that all events together can know. If more than four of them have the
/// policy, they share this equally.
pub const KNOWN_VALUES_TOTAL_MAX: usize = 4 * KNOWN_VALUES_MAX;

/// Notifications of new values that are watched for a failure: as many as wait at a time
/// unless there is a storm. If an older one fails, its value stays known.
pub const NEW_VALUES_WATCHED_MAX: usize = 64;

/// Longest state, in bytes: what all events know (`STATE_FILE`).
pub const STATE_BYTES_MAX: usize = 64 + 32 * RULES_MAX + KNOWN_VALUE_BYTES * KNOWN_VALUES_TOTAL_MAX;

/// Digests that can be collected at the same time: two for each rule, of 96 bytes each.
pub const DIGESTS_MAX: usize = 2 * RULES_MAX;

/// Texts that digests can hold at the same time, over all rules: of 64 bytes each. A digest
/// that fits into one notification has room for some 80.
pub const DIGEST_TEXTS_MAX: usize = 256;

/// Bytes of these texts: usual ones are kept whole.
pub const DIGEST_TEXTS_BYTES: usize = 144 * DIGEST_TEXTS_MAX;

/// Longest time for which a digest collects, in seconds: a week.
pub const DIGEST_SECS_MAX: u64 = 7 * 24 * 60 * 60;

/// How long a digest collects that waits for a time of day while the clock is not set, in
/// milliseconds.
pub const DIGEST_UNSET_CLOCK_MILLIS: u64 = 60 * 60 * 1_000;

/// While anything is held, the wall clock is looked at whenever it shows a multiple of so
/// many minutes: summer time begins and ends at such times in every time zone.
pub const DIGEST_LOOK_MINUTES: u32 = 15;

/// Most parts, ranges and days, of a rule's quiet hours, and most times of its digest.
pub const QUIET_PARTS_MAX: usize = 32;

/// Longest pattern of a regex rule, in bytes.
pub const PATTERN_BYTES_MAX: usize = 4_096;

/// Largest repeat count, POSIX's `RE_DUP_MAX` as in musl.
pub const REPEAT_MAX: u16 = 255;

/// Most nodes a pattern may come to with its repeat counts written out.
///
/// musl has no limit but memory. `(a{255}){255}`, which it takes, comes to
/// about 260,000.
pub const WRITTEN_NODES_MAX: usize = 1 << 20;

/// Most nodes of a pattern that are really written out. Parts that no message is
/// long enough to match are not.
pub const EXPANDED_NODES_MAX: usize = 1 << 17;

/// Most states of a pattern, which is one per literal.
pub const STATES_MAX: usize = 8_192;

/// Most transitions of a pattern, of 8 bytes each.
pub const TRANSITIONS_MAX: usize = 256 * 1024;

/// Most lists of tags that transitions are put together from, of 12 bytes each
/// while a pattern is compiled.
pub const TAG_NODES_MAX: usize = 1 << 20;

/// Most tags that all transitions of a pattern may set, with the joints between
/// their lists: each of about 4 ns on a desktop of 2020.
pub const TAG_WORK_MAX: usize = 1 << 26;

/// Most states of a pattern times lanes of four tags: what a thread of the
/// bounded engine carries. Two lists of so many threads share 1 MiB.
pub const RUN_LANES_MAX: usize = 64 * 1024;

/// Most work the bounded engine spends on one message, over all rules, in steps of
/// about 2 ns on a desktop of 2020 and, by an estimate, 20 ns on a hAP ac²: 12 ms
/// there, 120 ms here. A thread that passes a transition counts 8, and 1 more for
/// every four tags it carries; one that sees at once that another thread is better
/// counts 4.
///
/// Each rule that needs the engine may use an equal part of what is left. Patterns
/// made for log lines stay far below it on any message. If a pattern with hundreds
/// of ambiguous literals reaches it on a hostile text, a rule with a DFA matches
/// without groups if the DFA says so. A rule without one counts as a match without
/// groups, because no event may be lost.
pub const RUN_WORK_MAX: usize = 6_000_000;

/// Bytes of all compiled patterns together, their DFAs included. Rules for log
/// lines take some 3 kB each; only large repeat counts take more.
pub const PATTERN_BYTES_TOTAL_MAX: usize = 4 * 1024 * 1024;

/// Bytes of one rule's DFA, with a full row for each state that is found. A rule that
/// needs more is matched by the bounded engine alone.
pub const DFA_BYTES_MAX: usize = 64 * 1024;

/// Bytes of the DFAs of all rules together.
pub const DFA_BYTES_TOTAL_MAX: usize = 1024 * 1024;

/// Places at which making a pattern's DFA tries to divide it. Patterns for log lines
/// have one to five.
pub const CUTS_MAX: usize = 16;

/// Positions of a pattern for which making its DFA finds out which bytes a state
/// distinguishes. States of patterns for log lines stand for a dozen.
pub const ACTIVE_POSITIONS_MAX: usize = 64;

/// Bytes of a pattern's translation for the determiniser.
pub const THOMPSON_BYTES_MAX: usize = 64 * 1024;

/// Bytes of the states that the determiniser may find for one rule's DFA.
pub const DETERMINIZE_BYTES_MAX: usize = 256 * 1024;

/// Most bytes of states that making one rule's DFA may read and write, each of
/// about 10 ns on a desktop of 2020.
///
/// Patterns for log lines stay below 1,000,000. The limit is for patterns whose
/// states each stand for hundreds of literals.
pub const DETERMINIZE_WORK_MAX: usize = 1 << 22;

/// Most next states that minimising one rule's DFA may look up, each in about 2 ns on a
/// desktop of 2020.
///
/// Patterns for log lines take some 100,000. A DFA that needs more than the limit is
/// used as it is.
pub const MINIMIZE_WORK_MAX: usize = 1 << 22;

/// Places that are tried for a state among the cells of a DFA, from the end: more
/// would take longer and hardly find another one.
pub const DFA_PLACES_MAX: usize = 512;

/// Most exceptions of one rule (`EVENTn_EXCEPT_STR`). In an expression, `|` joins as
/// many as one wants.
pub const EXCEPTIONS_MAX: usize = 16;

/// Longest literal that the screen looks for on behalf of a pattern, in bytes.
pub const LITERAL_BYTES_MAX: usize = 32;

/// Most literals that the screen looks for on behalf of one pattern.
pub const LITERAL_ALTERNATIVES_MAX: usize = 8;

/// Most beginnings of a pattern that a line is compared with to say how far the two
/// agree. Each that is needed is compiled and kept, with a DFA of its own.
pub const BEGINNINGS_MAX: usize = 64;

const _: () = {
    assert!(REQUEST_LINE_BYTES_MAX < REQUEST_HEAD_BYTES_MAX);
    assert!(BEGINNINGS_MAX * DFA_BYTES_MAX <= PATTERN_BYTES_TOTAL_MAX);
    assert!(MESSAGE_BYTES_MAX <= DATAGRAM_BYTES_MAX);
    assert!(RING_BYTES >= 16 * MESSAGE_BYTES_MAX);
    assert!(RULES_MAX <= u8::MAX as usize);
    assert!(NOTIFIERS_MAX <= u16::BITS as usize);
    assert!(SILENT_STRANGERS_MAX < HEARD_MAX);
    assert!(COOLDOWN_TEXT_BYTES_MAX <= NOTICE_BYTES_MAX);
    assert!(COOLDOWN_SECS_DEFAULT <= POLICY_SECS_MAX);
    assert!(WINDOW_ENTRIES_MAX >= 16 * WINDOW_COUNT_MAX as usize);
    assert!(PAIR_TEXTS_BYTES / PAIRS_MAX >= COOLDOWN_TEXTS_BYTES / COOLDOWNS_MAX);
    // Each event can know some, and their number is kept in 16 bits.
    assert!(KNOWN_VALUES_TOTAL_MAX / RULES_MAX >= 60);
    assert!(KNOWN_VALUES_MAX <= u16::MAX as usize);
    assert!(DIGEST_TEXTS_BYTES / DIGEST_TEXTS_MAX >= COOLDOWN_TEXTS_BYTES / COOLDOWNS_MAX);
    assert!(60 % DIGEST_LOOK_MINUTES == 0);
    assert!(MASK_BYTES_MAX < NOTICE_BYTES_MAX);
    assert!(LABEL_BYTES_MAX <= u8::MAX as usize - "[] ".len());
    // Offsets and states are kept in 16 bits; offset 65,535 and tag 65,535 stand
    // for something else.
    assert!(MESSAGE_BYTES_MAX < u16::MAX as usize - 1);
    assert!(STATES_MAX < u16::MAX as usize);
    assert!(8 * PATTERN_BYTES_MAX < u16::MAX as usize);
    assert!(DFA_BYTES_MAX <= DFA_BYTES_TOTAL_MAX);
    // A notification that meets a suspension outlives it, and the one before.
    assert!(2 * SUSPENSION_SECS_MAX < MAX_AGE_SECS);
    assert!(DFA_BYTES_TOTAL_MAX <= PATTERN_BYTES_TOTAL_MAX);
    // A DFA's step for a byte takes no longer than one of the bounded engine: the DFAs
    // of all exceptions of all rules take at most twice what that may take.
    assert!(RULES_MAX * EXCEPTIONS_MAX * MESSAGE_BYTES_MAX <= 2 * RUN_WORK_MAX);
    assert!(OUTBOX_BYTES >= 3 * NOTICE_BYTES_MAX);
    assert!(NOTICE_BYTES_MAX <= u16::MAX as usize);
    // A control byte takes four bytes on the console.
    assert!(BODY_BYTES_MAX >= 4 * NOTICE_BYTES_MAX);
};
