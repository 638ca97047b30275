// People that exist before a journey begins: made through the management API, one for each test.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import { system } from "./system.js";

/** A name and an address that nobody else has. */
export function aStranger(name = "ada") {
  const username = `${name}-${randomBytes(4).toString("hex")}`;
  return { username, email: `${username}@example.com`, password: "Correct-Horse-42" };
}

/** A user who can sign on. `temporary` makes the password one that must be changed. */
export async function aUser({ name, temporary = false } = {}) {
  const user = aStranger(name);
  const created = await api("POST", "users", "application/vnd.pingidentity.user.import+json", {
    username: user.username,
    email: user.email,
    name: { given: "Ada", family: "Lovelace" },
    population: { id: await population() },
    password: { value: user.password, forceChange: temporary },
  });
  return { ...user, id: created.id };
}

let demoPopulation;

/** The population of the demo user. */
export async function population() {
  demoPopulation ??= (async () => {
    const filter = encodeURIComponent(`username eq "${system.DEMO_USERNAME}"`);
    const found = await api("GET", `users?filter=${filter}`);
    return found._embedded.users[0].population.id;
  })();
  return demoPopulation;
}

let workerToken;

/** Asks the management API of the demo's environment, as a worker. */
export async function api(method, path, type, body) {
  return management(method, `environments/${system.ENVIRONMENT_ID}/${path}`, type, body);
}

/** Asks the management API, as a worker that administers the organization. */
export async function management(method, path, type, body) {
  workerToken ??= (async () => {
    const credentials = btoa(`${system.WORKER_CLIENT_ID}:${system.WORKER_CLIENT_SECRET}`);
    const answer = await fetch(`${system.ISSUER}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${credentials}` },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    assert.equal(answer.status, 200, "the worker gets an access token");
    return (await answer.json()).access_token;
  })();
  const url = new URL(path, system.API_URL);
  const headers = { authorization: `Bearer ${await workerToken}` };
  if (type) headers["content-type"] = type;
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${url}: ${answer.status} ${text}`);
  return JSON.parse(text);
}
