// Pages that nobody wants to see, and the environment's own.

import assert from "node:assert/strict";

import { journey } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { mailTo } from "./support/mail.js";
import { aUser } from "./support/people.js";
import { environment, portal, system } from "./support/system.js";

const pages = [
  ["portal-404", portal("/nowhere"), 404],
  ["environment-404", environment("/nowhere"), 404],
  ["callback-refused", portal("/callback?error=access_denied&error_description=no&state=x"), 400],
  ["callback-foreign-state", portal("/callback?code=abc&state=not-yours"), 400],
  ["unknown-application", `${system.ISSUER}/authorize?client_id=00000000-0000-4000-8000-000000000000&response_type=code&redirect_uri=https://app.example/`, 400],
  ["redirect-uri-mismatch", `${system.ISSUER}/authorize?client_id=${system.CLIENT_ID}&response_type=code&redirect_uri=https://app.example.com/oidc/callback/of/a/long/name/that/has/no/space`, 400],
  ["mailbox", system.MAILBOX_URL, 200],
  ["environment-home", environment("/"), 200],
];

for (const [name, url, status] of pages) {
  journey(`${name} answers ${status} and looks right`, {}, async (person) => {
    const answer = await person.open(url);
    assert.equal(answer.status(), status);
    await looksRight(person, name);
  });
}

journey("a mail looks right", {}, async (person) => {
  const user = await aUser();
  await person.open(portal("/password/forgot"));
  await person.type("username", user.username);
  await person.submit("username");
  await mailTo(user.email);
  await person.open(system.MAILBOX_URL);
  await person.page.locator("#mails a").first().click();
  await looksRight(person, "mail");
});

journey("a browser that knows no password change page finds it", {}, async (person) => {
  await person.open(portal("/.well-known/change-password"));
  assert.ok(person.page.url().startsWith(environment("/")), "signing on comes first");
});
