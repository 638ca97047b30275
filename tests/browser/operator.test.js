// The application sets a user's password: what operators do.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay, someone } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { codeSentTo } from "./support/mail.js";
import { aUser } from "./support/people.js";
import { giveCredentials, operator, signOn } from "./support/sign-on.js";
import { environment, portal } from "./support/system.js";

const SET = "Given-By-Phone-44";
const OWN = "Brave-New-Horse-43";

async function find(person, user) {
  await person.open(portal("/users"));
  await person.type("q", user.username);
  await person.submit("q");
  await person.followTo(`/users/${user.id}`);
}

journeyInEveryWay("an operator sets a password that must be changed at the next sign-on", async (person) => {
  const user = await aUser();
  await signOn(person, operator);
  await person.followTo("/users");
  await find(person, user);
  await person.type("password", SET);
  if (!(await person.field("forceChange").isChecked())) await person.tick("forceChange");
  await person.submit("password");
  assert.ok((await person.messages()).length > 0, "it is confirmed");

  const owner = await someone({ hands: person.hands, script: person.script });
  await owner.open(portal("/login"));
  await giveCredentials(owner, { ...user, password: SET });
  assert.ok(owner.page.url().startsWith(environment("/")), "a new password is demanded first");
  await owner.type("currentPassword", SET);
  await owner.type("newPassword", OWN);
  await owner.type("confirmPassword", OWN);
  await owner.submit("newPassword");
  assert.equal(owner.page.url(), portal("/"), "then the sign-on goes on");
  await owner.leave();
});

journeyInEveryWay("an operator disables and enables a user", async (person) => {
  const user = await aUser();
  await signOn(person, operator);
  await find(person, user);
  await person.send("/enabled");
  const owner = await someone();
  await owner.open(portal("/login"));
  await giveCredentials(owner, user);
  assert.ok(owner.page.url().startsWith(environment("/")), "disabled: no way in");
  await person.send("/enabled");
  await owner.open(portal("/login"));
  await giveCredentials(owner, user);
  assert.equal(owner.page.url(), portal("/"), "enabled again");
  await owner.leave();
});

journey("an operator sends a recovery code", {}, async (person) => {
  const user = await aUser();
  await signOn(person, operator);
  await find(person, user);
  await person.send("/recovery-code");
  assert.ok((await person.messages()).length > 0, "it is confirmed");
  await codeSentTo(user.email);
});

journey("somebody without the role is refused", {}, async (person) => {
  const user = await aUser();
  await signOn(person, user);
  const answer = await person.open(portal("/users"));
  assert.equal(answer.status(), 403);
  await looksRight(person, "error-403");
});

journey("the operator's pages look right", {}, async (person) => {
  const user = await aUser();
  await signOn(person, operator);
  await looksRight(person, "home-operator");
  await person.open(portal("/users"));
  await looksRight(person, "users");
  await find(person, user);
  await looksRight(person, "user");
  await person.type("password", "short");
  await person.submit("password");
  await looksRight(person, "user-errors");
});
