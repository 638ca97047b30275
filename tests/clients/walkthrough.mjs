// Everything that a person does with the demo environment, done by a program in another language
// that has nothing but its standard library and the environment file:
//
//     latchkey up --ephemeral --env-file F &
//     node --test-reporter=spec tests/clients/walkthrough.mjs F

import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes, verify, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { Browser, exchange } from "./browser.mjs";

const FILE = process.argv[2];
if (!FILE) throw new Error("give the environment file that `latchkey up --env-file` has written");

const env = Object.fromEntries(
  readFileSync(FILE, "utf8")
    .split("\n")
    .map((line) => line.match(/^([A-Z_]+)=(?:'([^']*)'|"([^"]*)"|(.*))$/))
    .filter(Boolean)
    .map(([, key, ...values]) => [key, values.find((value) => value !== undefined)]),
);
const ca = readFileSync(env.CA_FILE);
const REDIRECT_URI = `${env.PORTAL_URL}callback`;
const FIRST = "Correct-Horse-42";
const SECOND = "Brave-New-Horse-43";
const THIRD = "Third-Time-Lucky-44";

const portal = (path) => new URL(path, env.PORTAL_URL).href;
const browser = () => new Browser(ca);
const json = (answer) => JSON.parse(answer.text);
const basic = (id, secret) => `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;

/** A name and an address that nobody else has. */
function aStranger() {
  const username = `walker-${randomBytes(5).toString("hex")}`;
  return { username, email: `${username}@example.com` };
}

async function postForm(url, fields, headers = {}) {
  return exchange(url, {
    ca,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: String(new URLSearchParams(fields)),
  });
}

/** Fills in the hosted sign-on page. */
async function giveCredentials(person, page, username, password, options) {
  assert.equal(page.url.origin, new URL(env.AUTH_URL).origin, "only the environment asks for passwords");
  return person.submit(page.form("password"), { username, password }, options);
}

/** Signs on at the portal. */
async function signOn(person, username, password) {
  const page = await person.open(portal("login"));
  return giveCredentials(person, page, username, password);
}

/** The newest mail to an address, once there are `count` of them. */
async function mailTo(address, count = 1) {
  const url = `${env.MAILBOX_URL}/messages?to=${encodeURIComponent(address)}`;
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const answer = await exchange(url, { ca });
    assert.equal(answer.status, 200, answer.text);
    const mails = json(answer);
    if (mails.length >= count) return mails[0];
    await pause(100);
  }
  return assert.fail(`${count} mails to ${address} did not arrive`);
}

function codeIn(mail) {
  const line = mail.text.split("\n").find((text) => /^\s*[A-Z0-9]{8}\s*$/.test(text));
  return line?.trim() ?? assert.fail(`no code in: ${mail.text}`);
}

/** Verifies an ID token as OpenID Connect Core §3.1.3.7 says, and gives its claims. */
async function verified(idToken, { nonce, accessToken }) {
  const [header, payload, signature] = idToken.split(".");
  const { kid, alg } = JSON.parse(Buffer.from(header, "base64url"));
  assert.equal(alg, "RS256");
  const discovery = json(await exchange(`${env.ISSUER}/.well-known/openid-configuration`, { ca }));
  assert.equal(discovery.issuer, env.ISSUER);
  const { keys } = json(await exchange(discovery.jwks_uri, { ca }));
  const jwk = keys.find((key) => key.kid === kid);
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const signed = Buffer.from(`${header}.${payload}`);
  assert.ok(verify("RSA-SHA256", signed, key, Buffer.from(signature, "base64url")), "signature");
  if (jwk.x5c) {
    const certificate = new X509Certificate(Buffer.from(jwk.x5c[0], "base64"));
    assert.ok(certificate.publicKey.equals(key), "the certificate is the key's");
  }
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  const now = Date.now() / 1000;
  assert.equal(claims.iss, env.ISSUER);
  assert.deepEqual([claims.aud].flat(), [env.CLIENT_ID]);
  assert.ok(claims.exp > now && claims.iat <= now + 5 && claims.iat > now - 120);
  assert.equal(claims.nonce, nonce);
  const digest = createHash("sha256").update(accessToken).digest().subarray(0, 16);
  assert.equal(claims.at_hash, digest.toString("base64url"));
  return claims;
}

/** Signs on as the demo application would have it, with a browser that stops at its callback. */
async function authorize(person, username, password) {
  const verifier = randomBytes(32).toString("base64url");
  const [state, nonce] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
  const url = new URL(`${env.ISSUER}/authorize`);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: env.CLIENT_ID,
    redirect_uri: REDIRECT_URI,
    scope: "openid profile email",
    state,
    nonce,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const stop = { stopAt: REDIRECT_URI };
  const page = await giveCredentials(person, await person.open(url, stop), username, password, stop);
  assert.ok(page.url.href.startsWith(REDIRECT_URI), `${page.url}: ${page.text}`);
  assert.equal(page.parameter("state"), state);
  assert.equal(page.parameter("iss") ?? env.ISSUER, env.ISSUER);
  return { code: page.parameter("code"), verifier, nonce };
}

async function redeem({ code, verifier }) {
  return postForm(
    `${env.ISSUER}/token`,
    { grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier },
    { authorization: basic(env.CLIENT_ID, env.CLIENT_SECRET) },
  );
}

let workerToken;

/** A call of the management API as the worker. */
async function api(method, path, { type = "application/json", body } = {}) {
  workerToken ??= postForm(
    `${env.ISSUER}/token`,
    { grant_type: "client_credentials" },
    { authorization: basic(env.WORKER_CLIENT_ID, env.WORKER_CLIENT_SECRET) },
  ).then((answer) => json(answer).access_token);
  const headers = { authorization: `Bearer ${await workerToken}` };
  if (body) headers["content-type"] = type;
  const url = `${env.API_URL}environments/${env.ENVIRONMENT_ID}/${path}`;
  const answer = await exchange(url, { ca, method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.text ? json(answer) : undefined;
}

/** Registers somebody at the portal. */
async function register(person, { username, email }, password) {
  const page = await person.open(portal("register"));
  const form = page.form("confirmPassword");
  const values = { username, email, password, confirmPassword: password };
  for (const [name, value] of [["givenName", "Ada"], ["familyName", "Walker"]]) {
    if (form.names.includes(name)) values[name] = value;
  }
  const registered = await person.submit(form, values);
  assert.equal(registered.status, 200, registered.text);
  assert.ok(!registered.forms.some(({ names }) => names.includes("confirmPassword")), registered.text);
}

/** Enters the code of the newest mail that has one, if the page asks for it. */
async function proveAddress(person, page, address) {
  if (!page.forms.some(({ names }) => names.includes("verificationCode"))) return page;
  const mails = json(
    await exchange(`${env.MAILBOX_URL}/messages?to=${encodeURIComponent(address)}`, { ca }),
  );
  const mail = mails.find(({ text }) => /^\s*[A-Z0-9]{8}\s*$/m.test(text));
  return person.submit(page.form("verificationCode"), { verificationCode: codeIn(mail) });
}

test("the environment file says where everything is, to its owner alone", async () => {
  assert.equal(statSync(FILE).mode & 0o777, 0o600);
  for (const url of [env.PORTAL_URL, `${env.ISSUER}/.well-known/openid-configuration`, env.MAILBOX_URL]) {
    const answer = await exchange(url, { ca });
    assert.equal(answer.status, 200, url);
  }
  for (const url of [env.PORTAL_URL, env.AUTH_URL, env.API_URL]) assert.ok(url.endsWith("/"), url);
});

test("an application signs the demo user on and learns who it is", async () => {
  const person = browser();
  const answer = await authorize(person, env.DEMO_USERNAME, env.DEMO_PASSWORD);
  const tokens = json(await redeem(answer));
  assert.equal(tokens.token_type.toLowerCase(), "bearer");
  const claims = await verified(tokens.id_token, {
    nonce: answer.nonce,
    accessToken: tokens.access_token,
  });
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const userinfo = await exchange(`${env.ISSUER}/userinfo`, { ca, headers });
  assert.equal(userinfo.status, 200, userinfo.text);
  assert.equal(json(userinfo).sub, claims.sub);
  assert.equal(json(userinfo).preferred_username, env.DEMO_USERNAME);

  const again = await redeem(answer);
  assert.equal(again.status, 400);
  assert.equal(json(again).error, "invalid_grant", "a code is good for one use");
  const revoked = await exchange(`${env.ISSUER}/userinfo`, { ca, headers });
  assert.equal(revoked.status, 401, "a code used twice takes its tokens with it");
});

test("a person registers, changes the password, forgets it, recovers it and signs off", async () => {
  const stranger = aStranger();
  const person = browser();
  await register(person, stranger, FIRST);

  let page = await signOn(person, stranger.username, FIRST);
  page = await proveAddress(person, page, stranger.email);
  assert.equal(page.url.href, portal("/"), page.text);
  assert.ok(page.text.includes(stranger.username), page.text);

  page = await person.open(portal("user/info"));
  assert.ok(page.text.includes(stranger.email), page.text);

  page = await person.open(portal("password/change"));
  page = await person.submit(page.form("currentPassword"), {
    currentPassword: FIRST,
    password: SECOND,
    confirmPassword: SECOND,
  });
  assert.equal(page.status, 200);
  assert.match(page.text, /password (was|has been|is) changed/i);

  page = await person.open(portal("logout"));
  page = await person.submit(page.formTo("/logout"), {});
  // The ID token travels in a form, which a browser with scripts sends by itself.
  page = await person.submit(page.form("id_token_hint"), {});
  assert.equal(page.url.origin, new URL(env.PORTAL_URL).origin, page.text);
  assert.match(page.text, /signed off/i);
  page = await person.open(portal("user/info"));
  assert.equal(page.url.origin, new URL(env.AUTH_URL).origin, "signed off on both sides");

  page = await signOn(person, stranger.username, FIRST);
  assert.equal(page.url.origin, new URL(env.AUTH_URL).origin, "the old password is refused");

  const mails = json(
    await exchange(`${env.MAILBOX_URL}/messages?to=${encodeURIComponent(stranger.email)}`, { ca }),
  );
  page = await person.open(portal("password/forgot"));
  page = await person.submit(page.form("username"), { username: stranger.email });
  const mail = await mailTo(stranger.email, mails.length + 1);
  assert.equal(mail.to, stranger.email);
  assert.ok(mail.subject && mail.html && !Number.isNaN(Date.parse(mail.createdAt)));
  page = await person.submit(page.form("recoveryCode"), {
    recoveryCode: codeIn(mail),
    newPassword: THIRD,
    confirmPassword: THIRD,
  });
  assert.equal(page.status, 200, page.text);
  assert.ok(!page.forms.some(({ names }) => names.includes("recoveryCode")), page.text);

  page = await signOn(person, stranger.username, THIRD);
  assert.equal(page.url.href, portal("/"), page.text);
});

test("a worker finds a user and sets a password that must be changed", async () => {
  const stranger = aStranger();
  await register(browser(), stranger, FIRST);
  const filter = encodeURIComponent(`username eq "${stranger.username}"`);
  const found = await api("GET", `users?filter=${filter}`);
  const [user] = found._embedded.users;
  assert.equal(user.email, stranger.email);

  await api("PUT", `users/${user.id}/password`, {
    type: "application/vnd.pingidentity.password.set+json",
    body: { value: SECOND, forceChange: true },
  });
  const state = await api("GET", `users/${user.id}/password`);
  assert.equal(state.status, "MUST_CHANGE_PASSWORD");

  const person = browser();
  let page = await signOn(person, stranger.username, SECOND);
  assert.equal(page.url.origin, new URL(env.AUTH_URL).origin, "a change is demanded first");
  page = await person.submit(page.form("newPassword"), {
    currentPassword: SECOND,
    newPassword: THIRD,
    confirmPassword: THIRD,
  });
  page = await proveAddress(person, page, stranger.email);
  assert.equal(page.url.href, portal("/"), page.text);
  assert.equal((await api("GET", `users/${user.id}/password`)).status, "OK");
});
