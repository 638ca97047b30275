// The pages that docs/pages.md shows: their pictures, and what they say.
//
// `cargo xtask pictures` writes both. Pictures of two machines differ in some pixels, so what is
// compared is which pages there are, and every word on them: a page that says something else than in
// its picture, a picture without a page and a page without a picture fail here.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

import { journey, someone } from "./support/journey.js";
import { codeSentTo } from "./support/mail.js";
import { api, population } from "./support/people.js";
import { giveCredentials, operator, signOn } from "./support/sign-on.js";
import { environment, portal, system } from "./support/system.js";

const DOCUMENT = new URL("../../docs/pages.md", import.meta.url);
const FOLDER = new URL("../../docs/images/pages/", import.meta.url);
const TEXTS = new URL("texts.json", FOLDER);
const WRITES = process.env.PICTURES === "write";

const SIZES = {
  desk: { size: { width: 1280, height: 800 }, theme: "light" },
  phone: { size: { width: 360, height: 740 }, theme: "dark" },
};

const ADA = { username: "ada", email: "ada@example.com", password: "Correct-Horse-42" };

/** What the page says, without what is another in every run. */
async function words(page) {
  const text = await page.evaluate(() => {
    const shown = document.body.innerText;
    const differing = [...document.querySelectorAll("time, dd code, #mail-text")];
    // What is folded has no text.
    const texts = differing.map((one) => one.innerText).filter(Boolean);
    return texts.reduce((text, one) => text.replace(one, "…"), shown);
  });
  return text
    // The browser's address; not every machine has IPv6.
    .replace(/127\.0\.0\.1|::1/g, "…")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "…")
    .replace(/\d+/g, "0")
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

const taken = {};

/** Takes the pictures of a page, which stands in the document under this name. */
async function picture(person, name) {
  const { page } = person;
  assert.ok(!(name in taken), `${name} is the name of another page`);
  await page.waitForLoadState("networkidle");
  taken[name] = await words(page);
  for (const [kind, { size, theme }] of Object.entries(SIZES)) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: theme });
    if (WRITES) await page.screenshot({ path: new URL(`${name}-${kind}.png`, FOLDER).pathname });
  }
  await page.setViewportSize(SIZES.desk.size);
  await page.emulateMedia({ colorScheme: "light" });
}

const link = (person, selector) => person.page.locator(selector).first().click();

async function strangers(person) {
  await person.open(portal("/"));
  await picture(person, "start");
  await person.open(portal("/login"));
  await picture(person, "sign-on");
  await giveCredentials(person, { ...ADA, password: "Wrong-Horse-42" });
  await picture(person, "sign-on-wrong");
  await link(person, "#register");
  await picture(person, "hosted-register");
  await person.open(portal("/register"));
  await picture(person, "register");
  await person.open(portal("/password/forgot"));
  await picture(person, "forgot");
  await person.type("username", ADA.username);
  await person.submit("username");
  await codeSentTo(ADA.email);
  await picture(person, "recover");
  await person.open(portal("/no/such/page"));
  await picture(person, "not-found");
  await person.open(system.MAILBOX_URL);
  await link(person, `#mails tr:has-text("${ADA.email}") a`);
  await picture(person, "mail");
  await person.open(environment("/"));
  await picture(person, "environment");
}

async function owners(person) {
  await signOn(person, ADA);
  await person.open(portal("/"));
  for (const [name, path] of [
    ["home", "/"],
    ["profile", "/user/info"],
    ["profile-edit", "/profile"],
    ["email", "/profile/email"],
    ["security", "/security"],
    ["password", "/password/change"],
    ["data", "/data"],
    ["delete", "/account/delete"],
  ]) {
    await person.open(portal(path));
    await picture(person, name);
  }
}

async function operators(person) {
  const ada = await theUser(ADA);
  const stranger = await someone();
  await stranger.open(portal("/login"));
  await giveCredentials(stranger, { ...ADA, password: "Wrong-Horse-42" });
  await stranger.leave();
  await signOn(person, operator);
  for (const [name, path] of [
    ["users", "/users?q=ada%40"],
    ["user", `/users/${ada.id}`],
    ["user-edit", `/users/${ada.id}/edit`],
    ["user-delete", `/users/${ada.id}/delete`],
    ["user-new", "/users/new"],
    ["activity", `/activity?days=1&action=PASSWORD.CHECK_FAILED&username=${ADA.username}`],
  ]) {
    await person.open(portal(path));
    await picture(person, name);
  }
}

/** The user with this name. */
async function theUser({ username }) {
  const found = await api("GET", `users?filter=${encodeURIComponent(`username eq "${username}"`)}`);
  return found._embedded.users[0];
}

journey("the documentation shows the pages as they are", {}, async (person) => {
  if (WRITES) mkdirSync(FOLDER, { recursive: true });
  await api("POST", "users", "application/vnd.pingidentity.user.import+json", {
    username: ADA.username,
    email: ADA.email,
    name: { given: "Ada", family: "Lovelace" },
    population: { id: await population() },
    password: { value: ADA.password, forceChange: false },
  });
  await strangers(person);
  await owners(person);
  await person.page.context().clearCookies();
  await operators(person);
  if (WRITES) writeFileSync(TEXTS, `${JSON.stringify(taken, null, 1)}\n`);

  const again = "take the pictures anew by `cargo xtask pictures`, and look at them";
  const known = JSON.parse(readFileSync(TEXTS, "utf8"));
  for (const name of Object.keys(taken)) {
    assert.deepEqual(taken[name], known[name], `${name} says something else than in its picture; ${again}`);
  }
  const names = Object.keys(taken).sort();
  const files = names.flatMap((name) => Object.keys(SIZES).map((kind) => `${name}-${kind}.png`));
  const shown = readFileSync(DOCUMENT, "utf8").match(/(?<=images\/pages\/)[\w-]+\.png/g) ?? [];
  assert.deepEqual(shown.sort(), files.sort(), "docs/pages.md shows each page once, and no other");
  const there = readdirSync(FOLDER).filter((file) => file.endsWith(".png"));
  assert.deepEqual(there.sort(), files, `docs/images/pages has other pictures; ${again}`);
});
