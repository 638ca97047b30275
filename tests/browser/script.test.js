// What other people's scripts do with the environment file and an HTTP client, without a browser.

import { test } from "node:test";
import assert from "node:assert/strict";

import { Client } from "./support/http.js";
import { codeSentTo } from "./support/mail.js";
import { aStranger } from "./support/people.js";
import { portal } from "./support/system.js";

const SECOND = "Brave-New-Horse-43";
const THIRD = "Calm-Old-Horse-44";

const home = portal("/");

async function signOn(client, { username, password }) {
  const page = await client.get(portal("/login"));
  assert.equal(page.status, 200);
  return client.fill(page, { username, password });
}

test("a script registers, signs on, changes the password, recovers it", { timeout: 60_000 }, async () => {
  const stranger = aStranger("script");
  const client = new Client();

  const registered = await client.fill(await client.get(portal("/register")), {
    username: stranger.username,
    email: stranger.email,
    password: stranger.password,
    confirmPassword: stranger.password,
  });
  assert.equal(registered.status, 200, registered.body);

  const signedOn = await signOn(client, stranger);
  assert.equal(signedOn.url, home, signedOn.body);
  assert.ok(signedOn.body.includes(stranger.username));

  const changed = await client.fill(await client.get(portal("/password/change")), {
    currentPassword: stranger.password,
    password: SECOND,
    confirmPassword: SECOND,
  });
  assert.equal(changed.status, 200, changed.body);
  const again = await signOn(new Client(), { ...stranger, password: SECOND });
  assert.equal(again.url, home, again.body);

  const forgetful = new Client();
  const asked = await forgetful.fill(await forgetful.get(portal("/password/forgot")), {
    username: stranger.username,
  });
  const recovered = await forgetful.fill(asked, {
    recoveryCode: await codeSentTo(stranger.email),
    password: THIRD,
    confirmPassword: THIRD,
  });
  assert.equal(recovered.status, 200, recovered.body);
  const last = await signOn(new Client(), { ...stranger, password: THIRD });
  assert.equal(last.url, home, last.body);
});
