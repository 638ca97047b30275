// The application sets a user's password: what operators do.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay, someone } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { codeSentTo } from "./support/mail.js";
import { aStranger, aUser } from "./support/people.js";
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

journeyInEveryWay("an operator creates, edits and deletes a user, and comes back to the search", async (person) => {
  const stranger = aStranger("grace");
  await signOn(person, operator);
  await person.open(portal("/users"));
  await person.type("q", stranger.username);
  await person.choose("state", "Enabled");
  await person.submit("q");
  await person.reads("Nobody was found.");
  await person.follow("Create user");
  await person.type("email", stranger.email);
  await person.type("familyName", "Hopper");
  await person.type("username", stranger.username);
  await person.type("password", SET);
  await person.submit("password");
  await person.reads(`${stranger.username} was created.`);
  await person.follow("Edit");
  await person.type("familyName", "Murray Hopper");
  await person.submit("familyName");
  await person.reads("Murray Hopper");
  await person.follow("Delete");
  await person.press("Delete this user");
  await person.reads(`${stranger.username} was deleted.`);
  assert.equal(await person.valueOf("q"), stranger.username);
  assert.equal(await person.valueOf("state"), "enabled");
});

journeyInEveryWay("an operator ends the session of a user", async (person) => {
  const user = await aUser();
  const owner = await someone();
  await signOn(owner, user);
  await signOn(person, operator);
  await find(person, user);
  await person.send("/sessions/end");
  await person.reads("is signed off there.");
  await owner.open(portal("/user/info"));
  assert.ok(owner.page.url().startsWith(environment("/")), "who was signed on has to sign on again");
  await owner.leave();
});

journey("an operator sends a verification code", {}, async (person) => {
  const user = await aUser();
  await signOn(person, operator);
  await find(person, user);
  await person.send("/verification-code");
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
  await person.follow("Edit");
  await looksRight(person, "user-edit");
  await person.type("email", "no address");
  await person.type("username", "");
  await person.submit("email");
  await looksRight(person, "user-edit-errors");
  await person.follow("Back to the user");
  await person.follow("Delete");
  await looksRight(person, "user-delete");
  await person.open(portal("/users/new"));
  await looksRight(person, "user-new");
  await person.type("email", "no address");
  await person.submit("email");
  await looksRight(person, "user-new-errors");
  await person.open(portal("/users?state=locked&q=nobody-of-this-name"));
  await looksRight(person, "users-none");
  // Somebody whose password was wrong, among others.
  const owner = await someone();
  await owner.open(portal("/login"));
  await giveCredentials(owner, { ...user, password: "Wrong-Horse-42" });
  await owner.leave();
  await person.open(portal("/activity"));
  await person.reads(user.username);
  await looksRight(person, "activity");
  await person.open(portal("/activity?username=nobody-of-this-name"));
  await looksRight(person, "activity-errors");
});

journeyInEveryWay("an operator finds out what happened to a user", async (person) => {
  const user = await aUser();
  const owner = await someone();
  await owner.open(portal("/login"));
  await giveCredentials(owner, { ...user, password: "Wrong-Horse-42" });
  await owner.leave();
  await signOn(person, operator);
  await find(person, user);
  const activity = person.page.locator("main a[href*='/activity?']");
  await person.activate(activity, "the link to what happened to the user", "Enter");
  assert.equal(await person.valueOf("username"), user.username);
  await person.choose("action", "Wrong password");
  await person.submit("username");
  const rows = person.page.locator("table tbody tr");
  assert.equal(await rows.count(), 1, await person.readable());
  assert.match(await rows.first().innerText(), /Wrong password/);
  await person.type("username", "nobody-of-this-name");
  await person.submit("username");
  assert.match(await person.messageAt("username"), /./);
});
