//! The state as metrics for Prometheus.

use std::fmt;

use alertik_core::metrics::{Family, Labels};

use super::lines::name_of;
use super::{COUNTS, Fact, Status};

/// Metrics that each come once: those of the whole, then a line for each of the counts, in
/// their order ([`Status::row`]). Each line has a name and its help; `-` is a count that
/// notifiers have.
const OF_ALL: &str = "\
healthy Whether nobody needs to look.
live Whether intake and matcher work.
uptime_seconds Time since the start.
datagrams_received_total Datagrams and messages over TCP taken in.
datagrams_matched_total Of these, those that a rule matched.
notifications_made_total Notifications that rules made.
matches_suppressed_total Matches that a policy held back.
cases_forgotten_total Forgotten because newer ones needed the room.
notifications_restored_total Notifications from SPOOL_FILE.
-
-
-
own_lines_dropped_total Own log lines that came back.
datagrams_foreign_total Not from SYSLOG_ALLOW.
datagrams_cut_total Too long, and cut.
datagrams_forwarded_total Sent to FORWARD_HOST.
datagrams_not_forwarded_total Not sent to FORWARD_HOST.
tcp_connections Open now.
tcp_connections_refused_total Too many at a time.
";
/// The same for the losses.
const OF_LOSSES: &str = "lost_total Messages and notifications that were lost, by place.";
/// The same for the facts of a notifier.
const OF_NOTIFIERS: &str = "\
notifications_sent_total Taken by the service.
attempts_failed_total Failed attempts to send.
notifications_waiting In the outbox.
notifier_failures_in_a_row Failed since the last success.
notifier_last_success_age_seconds Since the last success.
notifier_failing_seconds Since the first of the failures in a row.
notifier_last_error_age_seconds Since the last error.
notifier_suspended Whether the service is left alone.
notifier_resumes_in_seconds Until the next attempt.
";
/// The same for the facts of a router.
const OF_ROUTERS: &str = "\
router_last_heard_age_seconds Since the last line.
router_received_total Lines.
router_matched_total Lines that a rule matched.
";

/// Most metrics of a table.
const METRICS_MAX: usize = 3 + COUNTS;

/// A sample of each metric of a table, if it has one.
#[derive(Default)]
struct Row {
    labels: Labels,
    values: [Option<u64>; METRICS_MAX],
}

impl Status {
    /// Writes the state in Prometheus' text format. Times are ages, which are right even
    /// while the clock is not set; what never happened has no sample.
    pub(crate) fn write_metrics(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let mut version = Labels::default();
        version.push("version", env!("CARGO_PKG_VERSION"));
        Family::new("build_info", "The version.", out).sample(&version, 1)?;
        for table in [OF_ALL, OF_LOSSES, OF_NOTIFIERS, OF_ROUTERS] {
            for (column, line) in table.lines().enumerate() {
                let Some((name, help)) = line.split_once(' ') else {
                    continue;
                };
                let mut family = Family::new(name, help, out);
                for row in (0..).map_while(|index| self.row(table, index)) {
                    if let Some(value) = row.values.get(column).copied().flatten() {
                        family.sample(&row.labels, value)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns a row of a table, or `None` after the last one.
    fn row(&self, table: &str, index: usize) -> Option<Row> {
        let mut row = Row::default();
        let Row { labels, values } = &mut row;
        match table {
            OF_ALL if index == 0 => {
                let whole = [
                    self.is_healthy().into(),
                    self.is_live.into(),
                    self.up_secs(),
                ];
                let counts = self.counts.iter().map(|(_, count)| *count);
                let all = values.iter_mut().zip(whole.into_iter().chain(counts));
                all.for_each(|(place, value)| *place = Some(value));
            }
            OF_LOSSES => {
                let (place, count) = self.lost.get(index)?;
                labels.push("place", place);
                values[0] = Some(*count);
            }
            OF_NOTIFIERS => {
                let (id, status) = self.notifiers.get(index)?;
                labels.push("notifier", id.name());
                put(&self.facts_of_notifier(status), values);
            }
            OF_ROUTERS => {
                let router = self.routers.get(index)?;
                let (name, address) = (name_of(router), router.source.to_string());
                let name = if name.is_empty() { &address } else { &name };
                labels.push("router", name);
                labels.push("address", &address);
                put(&self.facts_of_router(router), values);
            }
            _ => return None,
        }
        Some(row)
    }
}

fn put(facts: &[Fact], values: &mut [Option<u64>]) {
    for (place, (_, fact)) in values.iter_mut().zip(facts) {
        *place = *fact;
    }
}
