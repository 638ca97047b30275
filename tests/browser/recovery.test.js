// Recover a forgotten password.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { codeSentTo } from "./support/mail.js";
import { aStranger, aUser } from "./support/people.js";
import { portal } from "./support/system.js";

const NEW = "Brave-New-Horse-43";

async function ask(person, username) {
  await person.open(portal("/password/forgot"));
  await person.type("username", username);
  await person.submit("username");
}

async function fillIn(person, code, password, again = password) {
  await person.type("recoveryCode", code);
  await person.type("newPassword", password);
  await person.type("confirmPassword", again);
  await person.submit("confirmPassword");
}

/** On the sign-on page that recovery leads to: only the password is missing. */
async function signOn(person, name) {
  assert.equal(await person.valueOf("username"), name);
  await person.type("password", NEW);
  await person.submit("password");
  assert.equal(person.page.url(), portal("/"), "signed on with it");
}

journeyInEveryWay("a forgotten password is replaced with a code from a mail", async (person) => {
  const user = await aUser();
  await ask(person, user.username);
  await fillIn(person, await codeSentTo(user.email), NEW);
  await signOn(person, user.username);
});

journeyInEveryWay("the email address will do, and a code can be sent again", async (person) => {
  const user = await aUser();
  await ask(person, user.email);
  const first = await codeSentTo(user.email);
  await person.send("/password/recover/resend");
  const second = await codeSentTo(user.email, 2);
  assert.notEqual(second, first);
  await fillIn(person, second, NEW);
  await signOn(person, user.email);
});

journey("somebody unknown sees the same pages", {}, async (person) => {
  const [known, unknown] = [await aUser(), aStranger()];
  await ask(person, known.username);
  const expected = await person.readable();
  await ask(person, unknown.username);
  assert.equal(await person.readable(), expected);
  await fillIn(person, "AAAAAAAA", NEW);
  assert.match(await person.messageAt("recoveryCode"), /./);
  assert.equal(await person.valueOf("newPassword"), NEW, "the new password stays");
  const name = person.page.locator("input[autocomplete=username]");
  assert.equal(await name.inputValue(), unknown.username, "password managers keep the right pair");
});

journey("the pages of recovery look right", {}, async (person) => {
  const user = await aUser();
  await person.open(portal("/password/forgot"));
  await looksRight(person, "password-forgot");
  await person.submit("username");
  await looksRight(person, "password-forgot-errors");
  await ask(person, user.username);
  await looksRight(person, "password-recover");
  await fillIn(person, "wrong", "short", "other");
  await looksRight(person, "password-recover-errors");
});
