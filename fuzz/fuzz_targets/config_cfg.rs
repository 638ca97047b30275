#![no_main]

use latchkey::config::import::import;

// What comes out is TOML, whatever came in.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(imported) = import(text)
    {
        let read: Result<toml::Table, _> = toml::from_str(&imported.toml);
        assert!(read.is_ok(), "{}", imported.toml);
    }
});
