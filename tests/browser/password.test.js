// Change the own password.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { aUser } from "./support/people.js";
import { giveCredentials, signOff, signOn } from "./support/sign-on.js";
import { portal } from "./support/system.js";

const NEW = "Brave-New-Horse-43";

async function fillIn(person, current, password, again = password) {
  await person.type("currentPassword", current);
  await person.type("password", password);
  await person.type("confirmPassword", again);
  await person.submit("confirmPassword");
}

journeyInEveryWay("a user changes their password and signs on with the new one", async (person) => {
  const user = await aUser();
  await signOn(person, user);
  await person.followTo("/password/change");
  await fillIn(person, user.password, NEW);
  assert.match((await person.messages()).join(" "), /password/i);
  await signOff(person);
  await person.open(portal("/login"));
  await giveCredentials(person, user);
  assert.match(await person.page.locator("#summary").innerText(), /password/i, "the old one is refused");
  await giveCredentials(person, { ...user, password: NEW });
  assert.equal(person.page.url(), portal("/"));
});

journeyInEveryWay("what is wrong with a new password is said at the field", async (person) => {
  const user = await aUser();
  await signOn(person, user);
  await person.open(portal("/password/change"));

  await fillIn(person, "not the password", NEW);
  assert.match(await person.messageAt("currentPassword"), /password/i);
  assert.equal(await person.valueOf("password"), NEW, "the new password stays");
  assert.equal(await person.valueOf("confirmPassword"), NEW, "the new password stays");
  assert.equal(await person.valueOf("currentPassword"), "", "the wrong one does not come back");
  await fillIn(person, user.password, "short");
  assert.match(await person.messageAt("password"), /./);
  assert.equal(await person.valueOf("password"), "", "a refused password does not come back");
  const judged = person.page.locator("#password-rules [data-rule]:not([data-verdict=notJudged])");
  assert.equal(await judged.count(), 0, "an empty field is not judged");
  assert.deepEqual(await person.summary(), [], "one fault is said once");
  await fillIn(person, "", "");
  assert.equal((await person.summary()).length, 2, "two faults have a summary");
  await fillIn(person, user.password, NEW, "something else");
  assert.match(await person.messageAt("confirmPassword"), /./);
  assert.equal(await person.valueOf("password"), "", "a password is not sent back");
});

journey("each rule is judged while a password is typed", {}, async (person) => {
  const user = await aUser();
  await signOn(person, user);
  await person.open(portal("/password/change"));
  const verdicts = () =>
    person.page.locator("#password-rules [data-rule]").evaluateAll((rules) =>
      rules.map((rule) => rule.dataset.verdict),
    );
  assert.ok((await verdicts()).every((verdict) => verdict === "notJudged"), "nothing typed, nothing judged");
  await person.type("password", "a");
  await person.page.locator("#password-rules [data-verdict=unsatisfied]").first().waitFor();
  await person.type("password", NEW);
  await person.page.waitForFunction(
    () => document.querySelector("#password-rules [data-verdict=unsatisfied]") === null,
  );
});

journey("the list of rules stands out from its ground in both themes", {}, async (person) => {
  const user = await aUser();
  await signOn(person, user);
  await person.open(portal("/password/change"));
  for (const colorScheme of ["light", "dark"]) {
    await person.page.emulateMedia({ colorScheme });
    const [line, ground] = await person.page.locator("#password-rules").evaluate((rules) => [
      getComputedStyle(rules).borderTopColor,
      getComputedStyle(document.body).backgroundColor,
    ]);
    assert.notEqual(line, ground, colorScheme);
    assert.notEqual(line, "rgba(0, 0, 0, 0)", colorScheme);
  }
});

journey("the password page looks right", {}, async (person) => {
  const user = await aUser();
  await signOn(person, user);
  await person.open(portal("/password/change"));
  await looksRight(person, "password-change");
  await fillIn(person, "not the password", "short", "other");
  await looksRight(person, "password-change-errors");
});
