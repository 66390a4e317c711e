//! Any bytes as an answer to a query (flags, count of records, records), and as the
//! hosts file and resolv.conf.

#![no_main]

use alertik_core::dns::{Addresses, Query, RecordType, Reply, ResolvConf, add_from_hosts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for record_type in [RecordType::A, RecordType::Aaaa] {
        let query = Query::new(7, record_type, b"a.example", b"test").unwrap();
        let mut answer = query.as_bytes().to_vec();
        let (flags, records) = bytes.split_at(bytes.len().min(4));
        for (&byte, at) in flags.iter().zip([2, 3, 6, 7]) {
            answer[at] = byte;
        }
        answer.extend(records);
        for datagram in [bytes, &answer] {
            let mut addresses = Addresses::default();
            let reply = query.read(datagram, &mut addresses);
            assert_eq!(reply == Some(Reply::Addresses), !addresses.is_empty());
        }
    }
    let conf = ResolvConf::parse(bytes, &|_| None);
    assert!((1..=3).contains(&conf.servers().len()));
    assert!((100..=60_000).contains(&conf.interval_millis()));
    let (host, text) = bytes.split_at(bytes.len() / 8);
    assert_eq!(conf.domains(host).last(), Some(&b""[..]));
    let mut addresses = Addresses::default();
    add_from_hosts(text, host, &mut addresses);
    assert!(addresses.iter().count() <= 16);
});
