// What was checked while people signed on.

import assert from "node:assert/strict";

import { journey, journeyInEveryWay } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { aUser } from "./support/people.js";
import { signOn } from "./support/sign-on.js";
import { portal, system } from "./support/system.js";

const wrong = `${system.ISSUER}/authorize?client_id=${system.CLIENT_ID}&response_type=code&scope=openid&redirect_uri=https://app.example/`;

journey("a good sign-on, explained, looks right", {}, async (person) => {
  await signOn(person, await aUser());
  await person.open(portal("/explain"));
  await looksRight(person, "explain-list");
  await person.page.locator(".table tbody a").first().click();
  for (const summary of await person.page.locator(".explain-steps summary").all()) await summary.click();
  await looksRight(person, "explain");
  const texts = await person.page.locator("svg.sequence text").evaluateAll((all) =>
    all.map((one) => one.getBoundingClientRect().toJSON()),
  );
  assert.ok(texts.length > 20, `${texts.length} labels`);
  for (const [index, one] of texts.entries()) {
    for (const other of texts.slice(index + 1)) {
      const apart = one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;
      assert.ok(apart, `labels overlap: ${JSON.stringify([one, other])}`);
    }
  }
});

journeyInEveryWay("an error page leads to its explanation", async (person) => {
  await person.open(wrong);
  const link = person.page.locator("main a[href^='/explain/']");
  await person.activate(link, "the link to the explanation", "Enter");
  assert.match(await person.page.locator(".explain-what").innerText(), /redirect_uri/);
  assert.match(await person.page.locator(".explain-report").inputValue(), /Failed: /);
});

journey("a failed sign-on, explained, looks right", {}, async (person) => {
  await person.open(wrong);
  await person.page.locator("main a[href^='/explain/']").click();
  await looksRight(person, "explain-failed");
});
