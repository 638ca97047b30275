//! What our figures stand beside: the same cryptography without us, and the smallest axum program.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::Context;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{self, KeyPair as _, ParsedPublicKey};
use axum::Router;
use axum::routing::get;

use super::kernel;

/// How long each is repeated.
const TIME: Duration = Duration::from_secs(2);

/// CPU seconds of one RSA-2048 signature (RS256) of aws-lc-rs, its key parsed once.
pub(crate) fn rsa_signature() -> anyhow::Result<f64> {
    let key = KeyPair::generate(KeySize::Rsa2048).context("could not make a key")?;
    let mut bytes = vec![0; key.public_modulus_len()];
    let random = SystemRandom::new();
    repeated(|| {
        key.sign(&signature::RSA_PKCS1_SHA256, &random, &[7; 900], &mut bytes)
            .context("could not sign")
    })
}

/// CPU seconds of verifying one such signature, the key read once.
pub(crate) fn rsa_verification() -> anyhow::Result<f64> {
    let key = KeyPair::generate(KeySize::Rsa2048).context("could not make a key")?;
    let mut signed = vec![0; key.public_modulus_len()];
    key.sign(
        &signature::RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        &[7; 900],
        &mut signed,
    )
    .context("could not sign")?;
    let algorithm = &signature::RSA_PKCS1_2048_8192_SHA256;
    let public = ParsedPublicKey::new(algorithm, key.public_key().as_ref());
    let public = public.context("could not read a key")?;
    repeated(|| {
        public
            .verify_sig(&[7; 900], &signed)
            .context("could not verify")
    })
}

/// CPU seconds of one Argon2id with the costs that stand in the default configuration.
pub(crate) fn argon2id() -> anyhow::Result<f64> {
    let params = Params::new(19 * 1024, 2, 1, None).context("costs that Argon2 refuses")?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0; 32];
    repeated(|| {
        argon2
            .hash_password_into(b"Correct-Horse-42", &[3; 16], &mut hash)
            .context("could not hash")
    })
}

/// CPU seconds of one call, averaged over [`TIME`].
fn repeated(mut call: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    call()?;
    let (begun, before) = (Instant::now(), kernel::cpu_of_thread()?);
    let mut calls = 0_u32;
    while begun.elapsed() < TIME {
        call()?;
        calls += 1;
    }
    let used = kernel::cpu_of_thread()?.saturating_sub(before);
    Ok(used.as_secs_f64() / f64::from(calls))
}

/// Serves a greeting on a port until the process is stopped.
pub(crate) async fn hello_world(port: u16) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .context("could not listen")?;
    let router = Router::new().route("/", get(|| async { "hello, world" }));
    axum::serve(listener, router)
        .await
        .context("the greeting stopped")
}
