// Register a new user.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { codeSentTo } from "./support/mail.js";
import { aStranger, aUser } from "./support/people.js";
import { portal } from "./support/system.js";

const NEW = "Brave-New-Horse-43";

async function fillIn(person, stranger, again = stranger.password) {
  await person.type("email", stranger.email);
  await person.type("username", stranger.username);
  await person.type("password", stranger.password);
  await person.type("confirmPassword", again);
  await person.submit("confirmPassword");
}

/** From the page after registering to the sign-on page, whose name is filled in, and in. */
async function goOn(person, { username, email, password }) {
  assert.equal(person.page.url(), portal("/register/done"));
  await person.reads(email);
  await person.followTo("/login?fresh=true&login_hint=" + encodeURIComponent(username));
  assert.equal(await person.valueOf("username"), username);
  await person.type("password", password);
  await person.submit("password");
  await person.type("verificationCode", await codeSentTo(email));
  await person.submit("verificationCode");
  assert.equal(person.page.url(), portal("/"), "verified and signed on");
  await person.reads(username);
}

journeyInEveryWay("a stranger registers, and is verified and signed on at the end", async (person) => {
  const stranger = aStranger("grace");
  await person.open(portal("/"));
  await person.followTo("/register");
  await fillIn(person, stranger);
  await goOn(person, stranger);
});

journeyInEveryWay("an email address is enough", async (person) => {
  const { email, password } = aStranger("grace");
  await person.open(portal("/register"));
  await person.type("email", email);
  await person.type("password", password);
  await person.type("confirmPassword", password);
  await person.submit("confirmPassword");
  await goOn(person, { username: email, email, password });
});

journeyInEveryWay("whoever has an account already gets in by the code in the mail", async (person) => {
  const user = await aUser();
  await person.open(portal("/register"));
  await fillIn(person, { ...aStranger("grace"), email: user.email, password: NEW });
  await person.followTo("/password/recover");
  await person.type("recoveryCode", await codeSentTo(user.email));
  await person.type("newPassword", NEW);
  await person.type("confirmPassword", NEW);
  await person.submit("confirmPassword");
  assert.equal(await person.valueOf("username"), user.email);
  await person.type("password", NEW);
  await person.submit("password");
  assert.equal(person.page.url(), portal("/"), "signed on with it");
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
  await fillIn(person, aStranger("grace"));
  await looksRight(person, "register-done");
});
