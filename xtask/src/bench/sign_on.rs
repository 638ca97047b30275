//! What a whole sign-on costs, beside the cryptography that it cannot do without.

use std::path::Path;

use anyhow::Context;
use fakes::{Browser, Method, Page};
use tokio::runtime::Runtime;

use super::report::{Limit, Report};
use super::{kernel, peers};
use crate::system::System;

/// How many people sign on, after a few to warm up.
const TIMES: u32 = 60;
const WARM_UP: u32 = 5;

/// A verifier and its S256 challenge: the example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Measures the environment's CPU for a sign-on: authorize, page, password, code, tokens.
pub(crate) fn measure(
    runtime: &Runtime,
    program: &Path,
    report: &mut Report,
) -> anyhow::Result<()> {
    let row = "whole password sign-on";
    if !report.wants(row) {
        return Ok(());
    }
    let system = System::start_with(program, &[("LATCHKEY_TLS__MODE", "off")])?;
    cost(runtime, &system, WARM_UP)?;
    let ours = cost(runtime, &system, TIMES)?;
    drop(system);

    let limit = Limit {
        what: "one Argon2id + two signatures",
        figure: (peers::argon2id()? + 2.0 * peers::rsa_signature()?) * 1e3,
    };
    report.at_most_times(row, ours, &limit, 1.10, "ms");
    Ok(())
}

/// Milliseconds of CPU for each of so many sign-ons, one after the other.
pub(super) fn cost(runtime: &Runtime, system: &System, times: u32) -> anyhow::Result<f64> {
    let process = system.service.id().context("the system is gone")?;
    let before = kernel::cpu_of(process)?;
    for _ in 0..times {
        runtime.block_on(sign_on(system, &Browser::plain()))?;
    }
    let used = kernel::cpu_of(process)?.saturating_sub(before);
    Ok(used.as_secs_f64() * 1e3 / f64::from(times))
}

/// Where the demo application sends a browser to sign on.
pub(crate) fn authorization_url(system: &System) -> anyhow::Result<String> {
    Ok(format!(
        "{}/authorize?response_type=code&client_id={}&scope=openid&state=s&nonce=n\
         &redirect_uri={}callback&code_challenge={CHALLENGE}&code_challenge_method=S256",
        system.setting("ISSUER")?,
        system.setting("CLIENT_ID")?,
        system.setting("PORTAL_URL")?,
    ))
}

/// Goes through the hosted page, whatever comes of it: under a storm some are sent away.
pub(crate) async fn try_password(system: &System, browser: &Browser) -> anyhow::Result<Page> {
    // The portal is not asked: its callback is where the code is read off.
    let callback = format!("{}callback", system.setting("PORTAL_URL")?);
    let browser = browser.clone().stopping_at(&callback);
    let page = browser.open(authorization_url(system)?).await.expect(200);
    Ok(page
        .form_with("username")
        .fill("username", &system.setting("DEMO_USERNAME")?)
        .fill("password", &system.setting("DEMO_PASSWORD")?)
        .submit()
        .await)
}

/// What a sign-on leaves in the hands of application and browser.
pub(crate) struct SignedOn {
    pub(crate) access_token: String,
    /// The environment's cookies, as a browser sends them.
    pub(crate) cookies: String,
}

/// Signs the demo person on, from the authorization request to the tokens.
pub(crate) async fn sign_on(system: &System, browser: &Browser) -> anyhow::Result<SignedOn> {
    let callback = format!("{}callback", system.setting("PORTAL_URL")?);
    let answer = try_password(system, browser).await?;
    let location = answer.location();
    let code = location.query_pairs().find(|(name, _)| name == "code");
    let (_, code) = code.with_context(|| format!("no code: {}", answer.summary()))?;
    let tokens = browser
        .request(Method::POST, format!("{}/token", system.setting("ISSUER")?))
        .basic(
            &system.setting("CLIENT_ID")?,
            &system.setting("CLIENT_SECRET")?,
        )
        .form(&[
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("redirect_uri", &*callback),
            ("code_verifier", VERIFIER),
        ])
        .send()
        .await
        .expect(200);
    Ok(SignedOn {
        access_token: tokens.json_text("/access_token"),
        cookies: browser
            .cookies(system.setting("ISSUER")?)
            .context("no session")?,
    })
}
