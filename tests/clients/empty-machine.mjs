// What docs/empty-machine.md says to do once everything runs, by the addresses that customers use:
//
//     node tests/clients/empty-machine.mjs PORTAL CERTIFICATE SMTP_PORT PASSWORD PROGRAM ARGUMENT…
//
// It is the mail server meanwhile. The program is the page's check of what runs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

import { Browser } from "./browser.mjs";

const [PORTAL, CERTIFICATE, SMTP_PORT, PASSWORD, PROGRAM, ...ARGUMENTS] = process.argv.slice(2);
if (!PROGRAM) throw new Error("give the portal, a certificate, a port, a password and a command");

/** How long a mail may take. */
const PATIENCE_MS = 20_000;

const ca = readFileSync(CERTIFICATE);
const portal = (path) => new URL(path, PORTAL).href;
const mails = [];
const connections = new Set();

/** A mail server that takes everything. */
const server = createServer((socket) => {
  let [received, mail] = ["", undefined];
  connections.add(socket);
  socket.on("close", () => connections.delete(socket));
  const say = (...lines) => socket.write(lines.map((line) => `${line}\r\n`).join(""));
  const take = (line) => {
    if (mail && line === ".") {
      mails.push(mail.join("\n"));
      mail = undefined;
      return say("250 taken");
    }
    if (mail) return mail.push(line);
    const verb = line.split(" ")[0].toUpperCase();
    if (verb === "EHLO") return say("250-localhost", "250 AUTH PLAIN LOGIN");
    if (verb === "AUTH") return say("235 welcome");
    if (verb === "DATA") {
      mail = [];
      return say("354 go on");
    }
    if (verb === "QUIT") return socket.end("221 bye\r\n");
    return say("250 fine");
  };
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    received += chunk;
    for (let end = received.indexOf("\r\n"); end >= 0; end = received.indexOf("\r\n")) {
      const line = received.slice(0, end);
      received = received.slice(end + 2);
      take(line);
    }
  });
  say("220 localhost");
});
before(() => new Promise((resolve) => server.listen(Number(SMTP_PORT), "localhost", resolve)));
after(() => {
  server.close();
  // The program keeps connections for the next mail.
  for (const socket of connections) socket.destroy();
});

/** The code in the newest mail to an address, once there are so many that have one. */
async function code(address, count) {
  const latest = Date.now() + PATIENCE_MS;
  for (;;) {
    const theirs = mails.filter((mail) => mail.includes(`<${address}>`) || mail.includes(`To: ${address}`));
    const codes = theirs.map((mail) => mail.match(/^[ \t]*([A-Z0-9]{8})[ \t]*$/m)?.[1]).filter(Boolean);
    if (codes.length >= count) return codes.at(-1);
    assert.ok(Date.now() < latest, `no mail to ${address}:\n${mails.join("\n\n")}`);
    await pause(20);
  }
}

async function signOn(person, username, password) {
  const page = await person.open(portal("login"));
  assert.notEqual(page.url.origin, new URL(PORTAL).origin, "the environment asks for the password");
  return person.submit(page.form("password"), { username, password });
}

test("the check of what runs finds nothing missing", async () => {
  const { stdout, stderr } = await promisify(execFile)(PROGRAM, ARGUMENTS, { timeout: 60_000 });
  assert.match(stdout, /mail/i, stderr);
  assert.doesNotMatch(stdout, /NOT REACHED/);
});

test("the administrator signs on and sees the users", async () => {
  const ada = new Browser(ca);
  const page = await signOn(ada, "ada", PASSWORD);
  assert.equal(page.url.href, portal(""), page.text);
  const users = await ada.open(portal("users"));
  // A long address may be broken before its domain.
  assert.ok(users.text.replaceAll(" @", "@").includes("ada@example.com"), users.text);
});

test("a customer registers, confirms the address, signs off and comes back with a new password", async () => {
  const [email, first, second] = ["grace@example.com", "Correct-Horse-42", "Brave-New-Horse-43"];
  const grace = new Browser(ca);
  let page = await grace.open(portal("register"));
  const form = page.form("confirmPassword");
  const typed = { username: "grace", email, password: first, confirmPassword: first };
  for (const name of Object.keys(typed)) if (!form.names.includes(name)) delete typed[name];
  page = await grace.submit(form, typed);
  assert.equal(page.status, 200, page.text);
  page = await signOn(grace, email, first);
  if (page.forms.some(({ names }) => names.includes("verificationCode"))) {
    page = await grace.submit(page.form("verificationCode"), { verificationCode: await code(email, 1) });
  }
  assert.equal(page.url.href, portal(""), page.text);
  page = await grace.open(portal("logout"));
  page = await grace.submit(page.formTo("/logout"), {});
  page = await grace.submit(page.form("id_token_hint"), {});
  assert.match(page.text, /signed off/i);

  const known = mails.length;
  page = await grace.open(portal("password/forgot"));
  page = await grace.submit(page.form("username"), { username: email });
  const latest = Date.now() + PATIENCE_MS;
  while (mails.length === known && Date.now() < latest) await pause(20);
  page = await grace.submit(page.form("recoveryCode"), {
    recoveryCode: await code(email, 1),
    newPassword: second,
    confirmPassword: second,
  });
  assert.equal(page.status, 200, page.text);
  page = await signOn(new Browser(ca), email, second);
  assert.equal(page.url.href, portal(""), page.text);
});
