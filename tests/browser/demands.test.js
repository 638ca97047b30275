// What the sign-on policy demands of people who are known already: an agreement and their profile.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { otpSentTo } from "./support/mail.js";
import { aUser, api } from "./support/people.js";
import { giveCredentials } from "./support/sign-on.js";
import { environment, portal, system } from "./support/system.js";

const JSON_TYPE = "application/json";
const TEXT = `<h2>What we keep</h2>
<p>Your name and your address. <a href="https://www.example.com/">More about it</a></p>
<ul><li>Nobody else reads them.</li><li>You can take them with you.</li></ul>
${"<p>We keep no more than we need, and no longer than we need it.</p>\n".repeat(12)}`;

const make = (path, body) => api("POST", path, JSON_TYPE, body);

/** The groups of those of whom the portal's sign-on policy demands more than a password. */
let groups;

function demandingGroups() {
  groups ??= (async () => {
    const agreement = await make("agreements", { name: "Terms", enabled: false });
    const languages = `agreements/${agreement.id}/languages`;
    const language = await make(languages, { displayName: "Terms of use", locale: "en", enabled: true });
    await make(`${languages}/${language.id}/revisions`, {
      contentType: "text/html",
      effectiveAt: new Date().toISOString(),
      requireReconsent: false,
      text: TEXT,
    });
    await api("PUT", `agreements/${agreement.id}`, JSON_TYPE, { name: "Terms", enabled: true });

    const members = (group) => ({ value: "${user.memberOfGroupIDs}", contains: group.id });
    const demanding = await make("groups", { name: "Demanding" });
    const guarded = await make("groups", { name: "Guarded" });
    const condition = members(demanding);
    const policy = await make("signOnPolicies", { name: "Demanding" });
    const actions = `signOnPolicies/${policy.id}/actions`;
    await make(actions, {
      type: "LOGIN",
      priority: 1,
      recovery: { enabled: true },
      registration: { enabled: true },
    });
    await make(actions, {
      type: "PROGRESSIVE_PROFILING",
      priority: 2,
      condition,
      attributes: [
        { name: "address.countryCode", required: true },
        { name: "mobilePhone", required: true },
        { name: "nickname", required: false },
      ],
      promptText: "So that we can reach you.",
      promptIntervalSeconds: 0,
      preventMultiplePromptsPerFlow: true,
    });
    await make(actions, { type: "AGREEMENT", priority: 3, condition, agreement: { id: agreement.id } });
    const { _embedded } = await api("GET", "deviceAuthenticationPolicies");
    const [{ id }] = _embedded.deviceAuthenticationPolicies;
    await make(actions, {
      type: "MULTI_FACTOR_AUTHENTICATION",
      priority: 4,
      condition: members(guarded),
      deviceAuthenticationPolicy: { id },
    });
    const assignments = `applications/${system.CLIENT_ID}/signOnPolicyAssignments`;
    await make(assignments, { priority: 1, signOnPolicy: { id: policy.id } });
    return { demanding: demanding.id, guarded: guarded.id };
  })();
  return groups;
}

/** Somebody of whom more than a password is demanded. */
async function aDemandedUser() {
  const user = await aUser({ name: "demanded" });
  await make(`users/${user.id}/memberOfGroups`, { id: (await demandingGroups()).demanding });
  return user;
}

/** Somebody who signs on with one-time passwords by mail, too. */
async function aGuardedUser() {
  const user = await aUser({ name: "guarded" });
  await make(`users/${user.id}/memberOfGroups`, { id: (await demandingGroups()).guarded });
  await api("PUT", `users/${user.id}/mfaEnabled`, JSON_TYPE, { mfaEnabled: true });
  await make(`users/${user.id}/devices`, { type: "EMAIL", email: user.email, status: "ACTIVE" });
  return user;
}

async function completeProfile(person) {
  await person.type("address.countryCode", "GB");
  await person.type("mobilePhone", "+44 20 7946 0000");
  await person.submit("nickname");
}

journeyInEveryWay("a user completes the profile and agrees on the way to an application", async (person) => {
  const user = await aDemandedUser();
  await person.open(portal("/login"));
  await giveCredentials(person, user);
  await person.reads("So that we can reach you.");
  await completeProfile(person);
  await person.sees("Terms of use");
  const framed = person.page.frameLocator("#agreement-text").locator("h2");
  assert.equal(await framed.innerText(), "What we keep");
  await person.tick("agree");
  await person.press("Continue");
  assert.equal(person.page.url(), portal("/"), "and arrives there");
  const read = await api("GET", `users/${user.id}`);
  assert.equal(read.address.countryCode, "GB");
});

journey("whoever does not agree is not signed on", {}, async (person) => {
  const user = await aDemandedUser();
  await person.open(portal("/login"));
  await giveCredentials(person, user);
  await completeProfile(person);
  await person.press("I do not agree");
  assert.equal(new URL(person.page.url()).origin, new URL(portal()).origin, "back at the portal");
  await person.open(portal("/user/info"));
  assert.ok(person.page.url().startsWith(environment("/")), "the environment asks for the password again");
});

journey("what the policy demands looks right", {}, async (person) => {
  const user = await aDemandedUser();
  await person.open(portal("/login"));
  await giveCredentials(person, user);
  await looksRight(person, "hosted-profile");
  await person.type("address.countryCode", "gb");
  await person.submit("nickname");
  await looksRight(person, "hosted-profile-errors");
  await completeProfile(person);
  await looksRight(person, "hosted-agreement");
  await person.press("Continue");
  await looksRight(person, "hosted-agreement-errors");
});

journeyInEveryWay("a user confirms with a one-time password that was mailed", async (person) => {
  const user = await aGuardedUser();
  await person.open(portal("/login"));
  await giveCredentials(person, user);
  await person.type("otp", "000000");
  await person.submit("otp");
  await person.type("otp", await otpSentTo(user.email));
  await person.submit("otp");
  assert.equal(person.page.url(), portal("/"), "and arrives at the application");
});

journey("the page of the second factor looks right", {}, async (person) => {
  const user = await aGuardedUser();
  await person.open(portal("/login"));
  await giveCredentials(person, user);
  await looksRight(person, "hosted-second-factor");
  await person.type("otp", "000000");
  await person.submit("otp");
  await looksRight(person, "hosted-second-factor-wrong");
});
