// Register a new user.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { codeSentTo } from "./support/mail.js";
import { aStranger, aUser } from "./support/people.js";
import { giveCredentials } from "./support/sign-on.js";
import { portal } from "./support/system.js";

async function fillIn(person, stranger, again = stranger.password) {
  await person.type("username", stranger.username);
  await person.type("email", stranger.email);
  await person.type("password", stranger.password);
  await person.type("confirmPassword", again);
  await person.submit("confirmPassword");
}

journeyInEveryWay("a stranger registers and signs on", async (person) => {
  const stranger = aStranger("grace");
  await person.open(portal("/"));
  await person.followTo("/register");
  await fillIn(person, stranger);
  assert.ok((await person.messages()).length > 0, "registration is confirmed");
  await person.open(portal("/login"));
  await giveCredentials(person, stranger);
  await person.type("verificationCode", await codeSentTo(stranger.email));
  await person.submit("verificationCode");
  await person.reads(stranger.username);
});

journeyInEveryWay("what is wrong is said at the field, and only passwords are lost", async (person) => {
  const taken = await aUser();
  const stranger = aStranger("grace");
  await person.open(portal("/register"));

  await fillIn(person, { ...stranger, username: taken.username });
  assert.match(await person.messageAt("username"), /./);
  assert.equal(await person.valueOf("username"), taken.username);
  assert.equal(await person.valueOf("email"), stranger.email);
  assert.equal(await person.valueOf("password"), stranger.password);
  assert.equal(await person.valueOf("confirmPassword"), stranger.password);

  await fillIn(person, { ...stranger, email: "no address" });
  assert.match(await person.messageAt("email"), /./);
  await fillIn(person, { ...stranger, password: "short" });
  assert.match(await person.messageAt("password"), /./);
  await fillIn(person, stranger, "something else");
  assert.match(await person.messageAt("confirmPassword"), /./);
  assert.equal(await person.valueOf("password"), "");
  await fillIn(person, { ...stranger, email: "no address" }, "something else");
  assert.equal((await person.summary()).length, 2);
});

journey("the registration page looks right", {}, async (person) => {
  await person.open(portal("/register"));
  await looksRight(person, "register");
  await fillIn(person, { username: "", email: "no address", password: "short" }, "other");
  await looksRight(person, "register-errors");
});
