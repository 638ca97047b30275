// What the tests are about: a shop that signs its customers on at PingOne.
//
// It is small, so that it can be read; one of your own leaves OpenID Connect to a library.

import { createHash, randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const TIMEOUT_MS = 30_000;
const TRIES = 3;

export class Shop {
  #settings;
  #pending = new Map();

  /** Wants `client` and `worker` (`id`, `secret`), `redirectUri`, `issuer`, `apiUrl`, `environmentId`. */
  constructor(settings) {
    this.#settings = settings;
  }

  /** Where the shop sends somebody who is not signed on. */
  beginSignOn() {
    const { client, redirectUri, issuer } = this.#settings;
    const state = randomBytes(16).toString("base64url");
    const verifier = randomBytes(32).toString("base64url");
    this.#pending.set(state, verifier);
    const parameters = new URLSearchParams({
      response_type: "code",
      client_id: client.id,
      redirect_uri: redirectUri,
      scope: "openid profile email",
      state,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    return `${issuer}/authorize?${parameters}`;
  }

  /** The access token of whoever comes back to the redirect URI. */
  async endSignOn(location) {
    const { client, redirectUri } = this.#settings;
    const state = location.searchParams.get("state");
    const verifier = this.#pending.get(state);
    if (!this.#pending.delete(state)) throw new Error("nobody began this sign-on");
    return this.#token(client, {
      grant_type: "authorization_code",
      code: location.searchParams.get("code"),
      redirect_uri: redirectUri,
      code_verifier: verifier,
    });
  }

  /** What the shop knows of whoever is signed on; undefined when they have to sign on again. */
  async profile(token) {
    const response = await this.#ask(`${this.#settings.issuer}/userinfo`, token);
    return response.status === 401 ? undefined : json(response);
  }

  /** Makes an account, whose owner gets a code by mail. */
  async register(username, email, password) {
    const { worker, apiUrl, environmentId } = this.#settings;
    const api = `${apiUrl}environments/${environmentId}`;
    const token = await this.#token(worker, { grant_type: "client_credentials" });
    const { _embedded } = await json(await this.#ask(`${api}/populations`, token));
    const response = await this.#ask(`${api}/users`, token, {
      method: "POST",
      headers: { "Content-Type": "application/vnd.pingidentity.user.import+json" },
      body: JSON.stringify({
        username,
        email,
        population: { id: _embedded.populations.find((one) => one.default).id },
        password: { value: password, forceChange: false },
        lifecycle: { status: "VERIFICATION_REQUIRED" },
      }),
    });
    return json(response);
  }

  async #token({ id, secret }, parameters) {
    const basic = Buffer.from(`${id}:${secret}`).toString("base64");
    const response = await send(`${this.#settings.issuer}/token`, {
      method: "POST",
      headers: { Authorization: `Basic ${basic}` },
      body: new URLSearchParams(parameters),
    });
    return (await json(response)).access_token;
  }

  #ask(url, token, options = {}) {
    const headers = { ...options.headers, Authorization: `Bearer ${token}` };
    return send(url, { ...options, headers });
  }
}

/** Sends a request, again when the server is busy, after the time that it asks for. */
async function send(url, options) {
  for (let triesLeft = TRIES - 1; ; triesLeft -= 1) {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status !== 429 || triesLeft === 0) return response;
    await pause(Number(response.headers.get("retry-after")) * 1000);
  }
}

async function json(response) {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  return response.json();
}
