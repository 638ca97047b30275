// What the environment's own pages offer to somebody who cannot sign on.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay, someone } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { codeSentTo, mailTo } from "./support/mail.js";
import { aStranger, aUser } from "./support/people.js";
import { giveCredentials, signOn } from "./support/sign-on.js";
import { portal, system } from "./support/system.js";

const NEW = "Brave-New-Horse-43";

async function register(person, stranger, again = stranger.password) {
  await person.type("email", stranger.email);
  await person.type("username", stranger.username);
  await person.type("password", stranger.password);
  await person.type("confirmPassword", again);
  await person.submit("confirmPassword");
}

async function recover(person, code, password, again = password) {
  await person.type("recoveryCode", code);
  await person.type("newPassword", password);
  await person.type("confirmPassword", again);
  await person.submit("confirmPassword");
}

journeyInEveryWay("a stranger registers on the way to an application", async (person) => {
  const stranger = aStranger("hosted");
  await person.open(portal("/login"));
  await person.follow("Create account");
  await register(person, stranger);
  await person.type("verificationCode", await codeSentTo(stranger.email));
  await person.submit("verificationCode");
  assert.equal(person.page.url(), portal("/"), "and arrives there");
  await person.reads(stranger.username);
});

journeyInEveryWay("a forgotten password is replaced on the way to an application", async (person) => {
  const user = await aUser();
  await person.open(portal("/login"));
  await person.follow("Forgot your password?");
  await person.type("username", user.username);
  await person.submit("username");
  const first = await codeSentTo(user.email);
  await person.press("Send another code");
  const second = await codeSentTo(user.email, 2);
  assert.notEqual(second, first);
  await recover(person, second, NEW);
  assert.equal(person.page.url(), portal("/"), "signed on by the code and the new password");
});

journey("whoever reads the mailbox before takes the account back", {}, async (person) => {
  const user = aStranger("owner");
  const { email } = aStranger("thief");
  await person.open(portal("/login"));
  await person.follow("Create account");
  await register(person, user);
  await person.type("verificationCode", await codeSentTo(user.email));
  await person.submit("verificationCode");
  await person.open(portal("/profile/email"));
  await person.type("email", email);
  await person.submit("email");
  await person.type("code", await codeSentTo(email));
  await person.submit("code");
  await person.reads("Your email address is confirmed.");
  assert.match((await mailTo(user.email, 2)).text, /Forgot your password/, "the way back is told");

  const owner = await someone();
  await owner.open(portal("/login"));
  await owner.follow("Forgot your password?");
  await owner.type("username", user.email);
  await owner.submit("username");
  await recover(owner, await codeSentTo(user.email, 3), NEW);
  await owner.open(portal("/user/info"));
  await owner.reads(user.email);
  await person.open(portal("/user/info"));
  assert.ok(!person.page.url().startsWith(portal("/")), "and whoever took it is signed off");
  await owner.leave();
});

journey("the mailbox reads well on a phone", {}, async (person) => {
  const user = await aUser();
  await person.open(portal("/password/forgot"));
  await person.type("username", user.username);
  await person.submit("username");
  await codeSentTo(user.email);
  await person.open(system.MAILBOX_URL);
  await person.page.setViewportSize({ width: 360, height: 740 });
  const cells = await person.page.locator("#mails tbody tr").first().locator("td").all();
  assert.ok(cells.length > 0);
  for (const cell of cells) {
    const label = await cell.evaluate((cell) => getComputedStyle(cell, "::before").content);
    assert.match(label, /^"\w+"$/, "each line says what it is");
    const box = await cell.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 360, "nothing is beside the screen");
  }
  await looksRight(person, "mailbox");
  await person.page.locator("#mails a").first().click();
  await looksRight(person, "mailbox-mail");
});

for (const script of [true, false]) {
  const how = script ? "by itself" : "by its button, without JavaScript";
  journey(`an answer by form_post goes on ${how}`, { script }, async (person) => {
    const user = await aUser();
    // The portal asks for the code in the query; a request of its own asks for a form.
    const asked = person.page.waitForRequest(/\/as\/authorize\?/);
    await person.open(portal("/login"));
    await person.open(`${(await asked).url()}&response_mode=form_post`);
    const posted = person.page.waitForRequest(
      (request) => request.method() === "POST" && request.url().startsWith(system.PORTAL_URL),
    );
    await giveCredentials(person, user);
    if (!script) await person.page.locator("form[data-form-post] button").click();
    assert.match((await posted).postData(), /(^|&)code=/);
  });
}

journey("the hosted pages look right", {}, async (person) => {
  const [user, stranger] = [await aUser({ temporary: true }), aStranger("hosted")];
  await person.open(portal("/login"));
  await person.submit("password");
  await looksRight(person, "sign-on-empty");
  await person.follow("Create account");
  await looksRight(person, "hosted-register");
  await register(person, { username: "", email: "no address", password: "short" }, "other");
  await looksRight(person, "hosted-register-errors");
  await register(person, stranger);
  await looksRight(person, "hosted-verify");
  await person.type("verificationCode", "WRONG123");
  await person.submit("verificationCode");
  await looksRight(person, "hosted-verify-errors");
  await person.press("Back to sign on");
  await person.follow("Forgot your password?");
  await looksRight(person, "hosted-forgot");
  await person.type("username", user.username);
  await person.submit("username");
  await looksRight(person, "hosted-recover");
  await recover(person, "WRONG123", "short", "other");
  await looksRight(person, "hosted-recover-errors");

  await person.page.context().clearCookies();
  await signOn(person, user);
  await looksRight(person, "hosted-change-password");
  await person.type("newPassword", "short");
  await person.submit("newPassword");
  await looksRight(person, "hosted-change-password-errors");
});
