// People look after their own account: profile, address, sessions, data, deletion.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay, someone } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { codeSentTo, mailTo } from "./support/mail.js";
import { aStranger, aUser } from "./support/people.js";
import { signOn } from "./support/sign-on.js";
import { portal } from "./support/system.js";

journeyInEveryWay("a user changes their profile", async (person) => {
  const user = await aUser();
  await signOn(person, user);
  await person.followTo("/user/info");
  await person.followTo("/profile");
  await person.type("givenName", "Augusta");
  await person.type("mobilePhone", "call me");
  await person.submit("mobilePhone");
  assert.match(await person.messageAt("mobilePhone"), /telephone/);
  assert.equal(await person.valueOf("givenName"), "Augusta", "what was typed stays");
  await person.type("mobilePhone", "+44 20 7946 0018");
  await person.choose("timezone", "Europe/Paris");
  await person.submit("mobilePhone");
  await person.reads("Your profile is saved.");
  await person.reads("Augusta");
  await person.reads("+44 20 7946 0018");
  await person.reads(/\bCES?T\b/);
});

journeyInEveryWay("another address is proven by the code that is sent there", async (person) => {
  const user = await aUser();
  const { email } = aStranger("augusta");
  await signOn(person, user);
  await person.open(portal("/profile/email"));
  await person.type("email", email);
  await person.submit("email");
  await person.type("code", "AAAAAAAA");
  await person.submit("code");
  assert.match(await person.messageAt("code"), /code/);
  await person.type("code", await codeSentTo(email));
  await person.submit("code");
  await person.reads("Your email address is confirmed.");
  assert.match((await mailTo(user.email)).subject, /changed/, "the one before is told");
  await person.send("/profile/email/undo");
  await person.reads(user.email);
});

journey("whoever signs on with the address alone signs on with another one", {}, async (person) => {
  const { email, password } = aStranger("only");
  const other = aStranger("other").email;
  await person.open(portal("/login"));
  await person.follow("Create account");
  await person.type("email", email);
  await person.type("password", password);
  await person.type("confirmPassword", password);
  await person.submit("confirmPassword");
  await person.type("verificationCode", await codeSentTo(email));
  await person.submit("verificationCode");
  await person.open(portal("/profile/email"));
  await person.type("email", other);
  await person.submit("email");
  await person.type("code", await codeSentTo(other));
  await person.submit("code");
  await person.reads("Your email address is confirmed.");
  const elsewhere = await someone();
  await signOn(elsewhere, { username: other, password });
  await elsewhere.reads(other);
  await elsewhere.leave();
  await person.send("/profile/email/undo");
  await person.reads(email);
});

journeyInEveryWay("a user signs off in all other browsers", async (person) => {
  const user = await aUser();
  const elsewhere = await someone();
  await signOn(elsewhere, user);
  await signOn(person, user);
  await person.open(portal("/security"));
  await person.reads("This browser");
  await person.press("End all others");
  await person.reads("You are signed off everywhere else.");
  await elsewhere.open(portal("/user/info"));
  assert.notEqual(elsewhere.page.url(), portal("/user/info"), "the other one has to sign on");
  await person.open(portal("/user/info"));
  assert.equal(person.page.url(), portal("/user/info"), "this one has not");
  await elsewhere.leave();
});

journeyInEveryWay("a user asks to delete the account and keeps it after all", async (person) => {
  await signOn(person, await aUser());
  await person.open(portal("/data"));
  await person.followTo("/account/delete");
  await person.press("Delete my account");
  assert.match(await person.messageAt("confirm"), /box/);
  await person.tick("confirm");
  await person.press("Delete my account");
  await person.reads("Your account will be deleted on");
  await person.press("Keep my account");
  await person.reads("Your account stays.");
});

journey("times are in the browser's zone where nobody said another", {}, async (person) => {
  await signOn(person, await aUser());
  const time = person.page.locator("time[data-local]").first();
  await time.waitFor();
  const machine = await time.getAttribute("datetime");
  const expected = await person.page.evaluate(
    (at) =>
      new Intl.DateTimeFormat(navigator.language, { dateStyle: "medium", timeStyle: "short" }).format(
        new Date(at),
      ),
    machine,
  );
  assert.equal(await time.innerText(), expected);
});

journey("the pages of an account look right", {}, async (person) => {
  const user = await aUser();
  const elsewhere = await someone();
  await signOn(elsewhere, user);
  await elsewhere.leave();
  await signOn(person, user);
  await looksRight(person, "home-concerns");
  for (const [path, name] of [
    ["/profile", "profile"],
    ["/profile/email", "email"],
    ["/profile/email/confirm", "email-confirm"],
    ["/security", "security"],
    ["/data", "data"],
    ["/account/delete", "account-delete"],
  ]) {
    await person.open(portal(path));
    assert.equal(person.page.url(), portal(path));
    await looksRight(person, name);
  }
  await person.press("Delete my account");
  await looksRight(person, "account-delete-unconfirmed");
  await person.open(portal("/profile"));
  await person.type("mobilePhone", "call me");
  await person.submit("mobilePhone");
  await looksRight(person, "profile-wrong-number");
  await person.open(portal("/profile/email"));
  await person.type("email", aStranger("former").email);
  await person.submit("email");
  await person.open(portal("/user/info"));
  await looksRight(person, "profile-former-address");
});
