#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| idp::fuzzing::redirect_uri(bytes));
