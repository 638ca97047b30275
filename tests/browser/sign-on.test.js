// Authenticate an existing user, show what is known about them, sign off.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay, someone } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { aUser } from "./support/people.js";
import { giveCredentials, leave, signOff, signOn } from "./support/sign-on.js";
import { environment, portal, system } from "./support/system.js";

journeyInEveryWay("a user signs on, sees their information and signs off", async (person) => {
  const user = await aUser();
  await person.open(portal("/"));
  await person.followTo("/login");
  assert.ok(person.page.url().startsWith(environment("/")), "the password is typed at the environment");
  await giveCredentials(person, user);
  assert.equal(person.page.url(), portal("/"), "home again");
  await person.reads(user.username);

  await person.followTo("/user/info");
  await person.reads(user.email);
  assert.doesNotMatch(await person.readable(), /preferred_username/, "claims are folded away");
  await person.unfold("For developers");
  await person.reads("preferred_username");
  await person.reads("auth_time");

  await signOff(person);
  assert.equal(new URL(person.page.url()).origin, new URL(portal()).origin, "back at the portal");
  await person.reads("You have signed off.");
  await person.open(portal("/user/info"));
  assert.ok(person.page.url().startsWith(environment("/")), "the environment asks for the password again");
});

journeyInEveryWay("signing on leads back to the page that asked for it", async (person) => {
  const user = await aUser();
  await person.open(portal("/user/info"));
  await giveCredentials(person, user);
  assert.equal(person.page.url(), portal("/user/info"));
});

journeyInEveryWay("a wrong password loses nothing that was typed except the password", async (person) => {
  const user = await aUser();
  await person.open(portal("/login"));
  await giveCredentials(person, { ...user, password: "not the password" });
  assert.equal(await person.valueOf("username"), user.username);
  assert.equal(await person.valueOf("password"), "");
  assert.match(await person.page.locator("#summary").innerText(), /password/i);
  await giveCredentials(person, user);
  assert.equal(person.page.url(), portal("/"));
});

journey("the pages around signing on look right", {}, async (person) => {
  await person.open(portal("/"));
  await looksRight(person, "home-signed-off");
  await person.open(portal("/login"));
  await looksRight(person, "sign-on");
  await giveCredentials(person, { username: system.DEMO_USERNAME, password: "not the password" });
  await looksRight(person, "sign-on-wrong-password");
  await giveCredentials(person, { username: system.DEMO_USERNAME, password: system.DEMO_PASSWORD });
  await looksRight(person, "home");
  await person.open(portal("/user/info"));
  await looksRight(person, "user-info");
  await person.open(portal("/logout"));
  await looksRight(person, "sign-off");
  await person.press("Sign off");
  await leave(person);
  await looksRight(person, "signed-off");
});

journey("two people in two browsers do not see each other", {}, async (ada) => {
  const [one, other] = [await aUser({ name: "one" }), await aUser({ name: "other" })];
  await signOn(ada, one);
  const bob = await someone();
  await signOn(bob, other);
  await ada.open(portal("/user/info"));
  await ada.reads(one.email);
  await bob.open(portal("/user/info"));
  await bob.reads(other.email);
  await bob.leave();
});
