//! Keys that the tests of this module share: making one takes a noticeable moment.

use std::sync::OnceLock;

use super::{JwkSet, SigningAlgorithm, SigningKey, VerificationKeys};

/// The key that signs, named `11111111-1111-4111-8111-111111111111`.
pub(super) fn rsa_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| {
        SigningKey::generate(
            SigningAlgorithm::Rs256,
            "11111111-1111-4111-8111-111111111111",
        )
        .unwrap()
    })
}

/// A key of somebody else, under another name.
pub(super) fn other_rsa_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| {
        SigningKey::generate(
            SigningAlgorithm::Rs256,
            "22222222-2222-4222-8222-222222222222",
        )
        .unwrap()
    })
}

/// What a client knows of the given keys.
pub(super) fn published(keys: &[&SigningKey]) -> VerificationKeys {
    let keys = keys.iter().map(|key| key.public_jwk(&[])).collect();
    VerificationKeys::from_set(&JwkSet { keys })
}
