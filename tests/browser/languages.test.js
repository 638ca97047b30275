// Pages in other languages: the words of each fit.

import assert from "node:assert/strict";

import { journey } from "./support/journey.js";
import { looksRight } from "./support/look.js";
import { api } from "./support/people.js";
import { portal } from "./support/system.js";

/** Lets the environment speak a language. */
async function enable(locale) {
  const { _embedded } = await api("GET", "languages");
  const { id, name } = _embedded.languages.find((language) => language.locale === locale);
  await api("PUT", `languages/${id}`, "application/json", { name, locale, enabled: true, default: false });
}

for (const locale of ["de", "es", "fr"]) {
  journey(`sign-on and registration look right in ${locale}`, { locale }, async (person) => {
    await enable(locale);
    await person.open(portal("/login"));
    assert.equal(await person.page.locator("html").getAttribute("lang"), locale);
    await looksRight(person, `hosted-sign-on-${locale}`);
    // The button says another word while the password can be read.
    await person.page.locator(".reveal").click();
    await looksRight(person, `hosted-sign-on-shown-${locale}`);
    await person.page.locator('a[href*="/signon/register"]').click();
    await looksRight(person, `hosted-register-${locale}`);
  });
}
