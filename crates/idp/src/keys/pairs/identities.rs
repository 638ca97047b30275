//! Files of a private key with its certificates: PKCS#12 (RFC 7292) and PEM.

use p12_keystore::{KeyStore, KeyStoreEntry, PrivateKeyChain};
use x509_cert::der::asn1::AnyRef;
use x509_cert::der::{Decode as _, Reader as _, SliceReader, Tag, Tagged as _, pem};
use zeroize::Zeroizing;

use super::chains::LONGEST_CHAIN;
use super::{Pair, PairError};

/// How often the passwords of a file are hashed at most, all together: OWASP's 600,000 for each of
/// its parts and more, and a few seconds.
const MOST_ITERATIONS: u64 = 5_000_000;

/// Values of a file that stand in each other deeper than this are not looked at: a key is a dozen
/// deep.
pub(super) const DEEPEST: u32 = 32;

/// A private key with its certificates, its own first.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) pair: Pair,
    pub(crate) chain: Vec<Vec<u8>>,
}

impl Identity {
    pub(super) fn new(pair: Pair, chain: Vec<Vec<u8>>) -> Result<Self, PairError> {
        match chain.first() {
            Some(own) if chain.len() <= LONGEST_CHAIN && pair.fits(own)? => {
                Ok(Self { pair, chain })
            }
            _ => Err(PairError::Unreadable),
        }
    }

    /// Reads the private key of a file and its certificates: PKCS#12, or PEM with both.
    ///
    /// # Errors
    ///
    /// [`PairError::Unreadable`] for anything else and for a wrong password,
    /// [`PairError::Unsupported`] for another kind of key, [`PairError::TooManyIterations`] when
    /// the file says that its password is to be stretched for longer than anybody waits.
    pub(crate) fn read(file: &[u8], password: &str) -> Result<Self, PairError> {
        if file.trim_ascii_start().starts_with(b"-----BEGIN") {
            return Self::from_pem(file);
        }
        if iterations(file, DEEPEST) > MOST_ITERATIONS {
            return Err(PairError::TooManyIterations);
        }
        let store = KeyStore::from_pkcs12(file, password).map_err(|_| PairError::Unreadable)?;
        let (_, found) = store.private_key_chain().ok_or(PairError::Unreadable)?;
        let chain = found.chain().iter().map(|one| one.as_der().to_vec());
        Self::new(Pair::from_pkcs8(found.key())?, chain.collect())
    }

    /// Reads PEM that holds a private key (PKCS#8) and its certificates.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(crate) fn from_pem(file: &[u8]) -> Result<Self, PairError> {
        let text = std::str::from_utf8(file).map_err(|_| PairError::Unreadable)?;
        let (mut pair, mut chain) = (None, Vec::new());
        for block in blocks(text) {
            let (label, der) =
                pem::decode_vec(block.as_bytes()).map_err(|_| PairError::Unreadable)?;
            let der = Zeroizing::new(der);
            match label {
                "PRIVATE KEY" => pair = Some(Pair::from_pkcs8(&der)?),
                "CERTIFICATE" => chain.push(der.to_vec()),
                _ => return Err(PairError::Unsupported),
            }
        }
        Self::new(pair.ok_or(PairError::Unreadable)?, chain)
    }

    /// A PKCS#12 file that a password opens.
    ///
    /// # Errors
    ///
    /// [`PairError::Failed`] when it cannot be encoded.
    pub(crate) fn to_pkcs12(&self, name: &str, password: &str) -> Result<Vec<u8>, PairError> {
        let failed = |_| PairError::Failed;
        let chain = self
            .chain
            .iter()
            .map(|one| p12_keystore::Certificate::from_der(one));
        let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(failed)?;
        let mut store = KeyStore::new();
        let entry = PrivateKeyChain::new(self.pair.pkcs8(), name.as_bytes(), chain);
        store.add_entry(name, KeyStoreEntry::PrivateKeyChain(entry));
        store.writer(password).write().map_err(failed)
    }
}

/// How often a PKCS#12 file has passwords hashed, as far as it tells before it is opened: the sum of
/// all counts, each of which follows its salt (RFC 7292 section 4 and appendix C, RFC 8018 appendix
/// A.2).
pub(super) fn iterations(der: &[u8], deep: u32) -> u64 {
    let (Some(deeper), Ok(mut reader)) = (deep.checked_sub(1), SliceReader::new(der)) else {
        return 0;
    };
    let (mut sum, mut is_behind_salt) = (0_u64, false);
    while !reader.is_finished() {
        // What is no DER is refused where it is read, or is a salt or a ciphertext.
        let Ok(value) = AnyRef::decode(&mut reader) else {
            break;
        };
        let count = match value.tag() {
            Tag::Integer if is_behind_salt => whole(value.value()),
            Tag::ContextSpecific { .. } | Tag::OctetString | Tag::Sequence | Tag::Set => {
                iterations(value.value(), deeper)
            }
            _ => 0,
        };
        sum = sum.saturating_add(count);
        is_behind_salt = value.tag() == Tag::OctetString;
    }
    sum
}

/// A whole number in as many bytes as it takes; what needs more than eight is as large as can be.
fn whole(bytes: &[u8]) -> u64 {
    let significant = bytes.iter().skip_while(|byte| **byte == 0);
    if significant.clone().count() > 8 {
        return u64::MAX;
    }
    significant.fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// The blocks of a PEM file, each with its own lines around it.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    const END: &str = "-----END ";
    let mut rest = text;
    std::iter::from_fn(move || {
        let begin = rest.get(rest.find("-----BEGIN ")?..)?;
        let end = begin.find(END)?;
        let dashes = begin.get(end + END.len()..)?.find("-----")?;
        let length = end + END.len() + dashes + 5;
        rest = begin.get(length..)?;
        begin.get(..length)
    })
}
