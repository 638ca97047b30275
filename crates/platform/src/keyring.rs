//! Keys that outlive a process: they seal what must be readable again and authenticate what
//! travels through a browser or a client.
//!
//! A keyring holds several keys. The newest that is in use seals and signs, all open and verify.
//! A new key is staged first: known, and used for nothing until every node knows it. So adding a key
//! and later dropping the oldest rotates them without anybody noticing.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use protocol::Random;

/// Several keys of 256 bits, the newest last. They can be replaced while they are used.
pub struct Keyring {
    keys: RwLock<Arc<[Key]>>,
}

/// Shows that a database was written with a key: kept there, it is good with this key only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyProof {
    /// The key's id.
    pub id: String,
    /// A tag that nobody makes without the key.
    pub proof: String,
}

/// A key as the keyring's file keeps it.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct StoredKey {
    /// Names the key in what it made: eight characters.
    pub id: String,
    /// 256 random bits in base64url.
    pub secret: String,
    /// Whether it only opens and verifies, and seals and signs nothing yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub staged: bool,
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl StoredKey {
    /// A new key.
    pub fn random(random: &dyn Random) -> Self {
        Self {
            id: random.code(8),
            secret: random.token(),
            staged: false,
        }
    }
}

struct Key {
    id: String,
    staged: bool,
    seal: LessSafeKey,
    sign: hmac::Key,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.keys();
        let ids: Vec<_> = keys.iter().map(|key| key.id.as_str()).collect();
        f.debug_struct("Keyring").field("keys", &ids).finish()
    }
}

/// A keyring's file is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyring {
    /// There is no key in it, or none in use.
    #[error("the keyring holds no key that is in use")]
    Empty,
    /// A key is not 256 bits in base64url, or its id is empty or has a dot.
    #[error("key {position} of the keyring is no 256-bit key in base64url with an id")]
    Key {
        /// Counted from 1.
        position: usize,
    },
}

/// Something sealed or authenticated does not belong to this keyring or this context, or was
/// changed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was not made by a key of this installation, or it was altered")]
pub struct NotAuthentic;

impl Keyring {
    /// Prepares the keys of a file, oldest first.
    ///
    /// # Errors
    ///
    /// [`InvalidKeyring`] when there is none, or one of them is no key.
    pub fn new(stored: &[StoredKey]) -> Result<Self, InvalidKeyring> {
        Ok(Self {
            keys: RwLock::new(prepared(stored)?),
        })
    }

    /// Takes these keys, oldest first, instead of the ones before.
    ///
    /// # Errors
    ///
    /// [`InvalidKeyring`] when there is none, or one of them is no key; then nothing changes.
    pub fn replace(&self, stored: &[StoredKey]) -> Result<(), InvalidKeyring> {
        let keys = prepared(stored)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// A proof of each key that is in use, for a database that is written with them.
    pub fn proofs(&self) -> Vec<KeyProof> {
        let keys = self.keys();
        let used = keys.iter().filter(|key| !key.staged);
        used.map(|key| KeyProof {
            id: key.id.clone(),
            proof: key.authenticate(PROOF, key.id.as_bytes()),
        })
        .collect()
    }

    /// Whether this keyring holds the key that made the proof.
    pub fn accepts(&self, proof: &KeyProof) -> bool {
        let named = proof.proof.split_once('.');
        named.is_some_and(|(id, _)| id == proof.id)
            && self
                .verify(PROOF, proof.id.as_bytes(), &proof.proof)
                .is_ok()
    }

    /// A keyring of one new key.
    ///
    /// # Panics
    ///
    /// Never: a new key is a key.
    pub fn random(random: &dyn Random) -> Self {
        Self::new(&[StoredKey::random(random)]).expect("a new key is a key")
    }

    /// Encrypts `plaintext` so that only [`open`](Self::open) with the same `context` reads it.
    ///
    /// `context` names the place it is kept in, such as `signing_keys.private:7d2f…`: a value that
    /// was moved to another row does not open there.
    ///
    /// # Panics
    ///
    /// When `plaintext` is longer than AES-GCM's 64 GiB.
    pub fn seal(&self, context: &str, plaintext: &[u8], random: &dyn Random) -> String {
        let keys = self.keys();
        let key = newest(&keys);
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = plaintext.to_vec();
        key.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.as_bytes()),
                &mut sealed,
            )
            .expect("the text is shorter than AES-GCM's 64 GiB");
        let mut bytes = nonce.to_vec();
        bytes.append(&mut sealed);
        format!("{}.{}", key.id, URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Decrypts what [`seal`](Self::seal) made for the same `context`.
    ///
    /// # Errors
    ///
    /// [`NotAuthentic`] for anything else.
    pub fn open(&self, context: &str, sealed: &str) -> Result<Vec<u8>, NotAuthentic> {
        let (id, text) = sealed.split_once('.').ok_or(NotAuthentic)?;
        let keys = self.keys();
        let key = find(&keys, id).ok_or(NotAuthentic)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAuthentic)?;
        let (nonce, ciphertext) = bytes.split_at_checked(NONCE_LEN).ok_or(NotAuthentic)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| NotAuthentic)?;
        let mut buffer = ciphertext.to_vec();
        let plaintext = key
            .seal
            .open_in_place(nonce, Aad::from(context.as_bytes()), &mut buffer)
            .map_err(|_| NotAuthentic)?;
        Ok(plaintext.to_vec())
    }

    /// A tag that proves that this installation made `message` for `context`.
    pub fn authenticate(&self, context: &str, message: &[u8]) -> String {
        newest(&self.keys()).authenticate(context, message)
    }

    /// Checks a tag that [`authenticate`](Self::authenticate) made.
    ///
    /// # Errors
    ///
    /// [`NotAuthentic`] when the tag is of another message, context or installation.
    pub fn verify(&self, context: &str, message: &[u8], tag: &str) -> Result<(), NotAuthentic> {
        let (id, tag) = tag.split_once('.').ok_or(NotAuthentic)?;
        let keys = self.keys();
        let key = find(&keys, id).ok_or(NotAuthentic)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| NotAuthentic)?;
        hmac::verify(&key.sign, &bound(context, message), &tag).map_err(|_| NotAuthentic)
    }

    fn keys(&self) -> Arc<[Key]> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a [`KeyProof`] is made for.
const PROOF: &str = "keyring.proof";

fn prepared(stored: &[StoredKey]) -> Result<Arc<[Key]>, InvalidKeyring> {
    if stored.iter().all(|key| key.staged) {
        return Err(InvalidKeyring::Empty);
    }
    stored
        .iter()
        .enumerate()
        .map(|(index, stored)| {
            Key::derive(stored).ok_or(InvalidKeyring::Key {
                position: index + 1,
            })
        })
        .collect()
}

/// The newest key that is in use.
fn newest(keys: &[Key]) -> &Key {
    keys.iter()
        .rfind(|key| !key.staged)
        .expect("a keyring always has a key in use")
}

fn find<'a>(keys: &'a [Key], id: &str) -> Option<&'a Key> {
    keys.iter().find(|key| key.id == id)
}

impl Key {
    /// Two keys for two purposes from one secret (RFC 5869).
    fn derive(stored: &StoredKey) -> Option<Self> {
        let secret = URL_SAFE_NO_PAD
            .decode(&stored.secret)
            .ok()
            .filter(|s| s.len() == 32)?;
        if stored.id.is_empty() || stored.id.contains('.') {
            return None;
        }
        let base = hkdf::Salt::new(hkdf::HKDF_SHA256, b"latchkey keyring").extract(&secret);
        let seal = base.expand(&[b"seal"], &AES_256_GCM).ok()?;
        let sign = base.expand(&[b"sign"], hmac::HMAC_SHA256).ok()?;
        Some(Self {
            id: stored.id.clone(),
            staged: stored.staged,
            seal: LessSafeKey::new(UnboundKey::from(seal)),
            sign: hmac::Key::from(sign),
        })
    }

    fn authenticate(&self, context: &str, message: &[u8]) -> String {
        let tag = URL_SAFE_NO_PAD.encode(self.tag(context, message));
        format!("{}.{tag}", self.id)
    }

    fn tag(&self, context: &str, message: &[u8]) -> hmac::Tag {
        hmac::sign(&self.sign, &bound(context, message))
    }
}

/// Context and message in one, so that no other pair reads the same.
fn bound(context: &str, message: &[u8]) -> Vec<u8> {
    let length = u64::try_from(context.len())
        .unwrap_or(u64::MAX)
        .to_be_bytes();
    [&length, context.as_bytes(), message].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::SeededRandom;

    #[test]
    fn what_is_sealed_opens_only_in_its_place() {
        let random = SeededRandom::new(1);
        let keyring = Keyring::random(&random);
        let sealed = keyring.seal("applications.secret:1", b"hush", &random);
        assert_eq!(
            keyring.open("applications.secret:1", &sealed).unwrap(),
            b"hush"
        );
        assert_eq!(
            keyring.open("applications.secret:2", &sealed),
            Err(NotAuthentic)
        );
        assert_eq!(
            Keyring::random(&random).open("applications.secret:1", &sealed),
            Err(NotAuthentic)
        );
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let random = SeededRandom::new(2);
        let keyring = Keyring::random(&random);
        let sealed = keyring.seal("c", b"hush", &random);
        for index in 0..sealed.len() {
            let mut other = sealed.clone().into_bytes();
            other[index] = if other[index] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                keyring.open("c", &String::from_utf8(other).unwrap()),
                Err(NotAuthentic)
            );
        }
        assert_eq!(keyring.open("c", ""), Err(NotAuthentic));
    }

    #[test]
    fn a_new_key_keeps_the_old_ones_work_readable() {
        let random = SeededRandom::new(3);
        let (old, new) = (StoredKey::random(&random), StoredKey::random(&random));
        let before = Keyring::new(std::slice::from_ref(&old)).unwrap();
        let (sealed, tag) = (
            before.seal("c", b"m", &random),
            before.authenticate("c", b"m"),
        );
        let after = Keyring::new(&[old, new.clone()]).unwrap();
        assert_eq!(after.open("c", &sealed).unwrap(), b"m");
        after.verify("c", b"m", &tag).unwrap();
        assert!(after.authenticate("c", b"m").starts_with(&new.id));
    }

    #[test]
    fn context_and_message_do_not_run_together() {
        let keyring = Keyring::random(&SeededRandom::new(4));
        let tag = keyring.authenticate("ab", b"c");
        assert_eq!(keyring.verify("a", b"bc", &tag), Err(NotAuthentic));
        keyring.verify("ab", b"c", &tag).unwrap();
    }

    #[test]
    fn a_file_without_a_proper_key_is_refused() {
        assert_eq!(Keyring::new(&[]).unwrap_err(), InvalidKeyring::Empty);
        let short = StoredKey {
            id: "A".to_owned(),
            secret: "c2hvcnQ".to_owned(),
            staged: false,
        };
        assert_eq!(
            Keyring::new(&[short]).unwrap_err(),
            InvalidKeyring::Key { position: 1 }
        );
    }

    #[test]
    fn a_staged_key_is_known_and_unused_until_it_is_activated() {
        let random = SeededRandom::new(3);
        let old = StoredKey::random(&random);
        let mut new = StoredKey::random(&random);
        let ahead = Keyring::new(&[old.clone(), new.clone()]).unwrap();
        new.staged = true;
        let staged = Keyring::new(&[old.clone(), new.clone()]).unwrap();
        let before = Keyring::new(std::slice::from_ref(&old)).unwrap();

        let sealed = staged.seal("c", b"m", &random);
        assert_eq!(before.open("c", &sealed).unwrap(), b"m");
        let sealed = ahead.seal("c", b"m", &random);
        assert_eq!(before.open("c", &sealed), Err(NotAuthentic));
        assert_eq!(staged.open("c", &sealed).unwrap(), b"m");

        new.staged = false;
        staged.replace(&[old.clone(), new.clone()]).unwrap();
        assert_eq!(
            staged.authenticate("c", b"m"),
            ahead.authenticate("c", b"m")
        );
        new.staged = true;
        assert_eq!(staged.replace(&[new]), Err(InvalidKeyring::Empty));
    }

    #[test]
    fn a_proof_is_good_with_its_own_key_only() {
        let random = SeededRandom::new(4);
        let stored = StoredKey::random(&random);
        let keyring = Keyring::new(std::slice::from_ref(&stored)).unwrap();
        let [proof] = &keyring.proofs()[..] else {
            panic!("one proof");
        };
        assert!(keyring.accepts(proof));
        let mut impostor = StoredKey::random(&random);
        impostor.id.clone_from(&stored.id);
        assert!(!Keyring::new(&[impostor]).unwrap().accepts(proof));
        assert!(!Keyring::random(&random).accepts(proof));
        let mut renamed = proof.clone();
        renamed.id = "another1".to_owned();
        assert!(!keyring.accepts(&renamed));
    }
}
