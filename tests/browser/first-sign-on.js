// The first thing that somebody does who has just unpacked a release: `cargo xtask release --try` takes
// the time.

import assert from "node:assert/strict";

import { journey } from "./support/journey.js";
import { giveCredentials } from "./support/sign-on.js";
import { environment, portal, system } from "./support/system.js";

journey("somebody signs on to a release for the first time", {}, async (person) => {
  await person.open(portal("/"));
  await person.followTo("/login");
  assert.ok(person.page.url().startsWith(environment("/")), "the password is typed at the environment");
  await giveCredentials(person, { username: system.DEMO_USERNAME, password: system.DEMO_PASSWORD });
  assert.equal(person.page.url(), portal("/"), "home again");
  await person.open(portal("/user/info"));
  await person.reads(system.DEMO_USERNAME);
});
