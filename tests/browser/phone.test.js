// The navigation where there is little room.

import assert from "node:assert/strict";

import { journey } from "./support/journey.js";
import { aUser } from "./support/people.js";
import { signOn } from "./support/sign-on.js";
import { portal } from "./support/system.js";

const PHONE = { width: 360, height: 740 };

for (const hands of ["mouse", "keyboard"]) {
  for (const script of [true, false]) {
    const way = `by ${hands}, ${script ? "with" : "without"} JavaScript`;
    journey(`on a phone the navigation is in a menu (${way})`, { hands, script }, async (person) => {
      const user = await aUser();
      await signOn(person, user);
      await person.open(portal("/"));
      const { page } = person;
      await page.setViewportSize(PHONE);
      const security = page.locator("nav a[href='/security']");
      assert.ok(!(await security.isVisible()), "closed at first");
      const button = page.getByRole("button", { name: "Menu", exact: true });
      await person.reach(button, "the button of the menu");
      if (hands === "keyboard") await page.keyboard.press("Enter");
      await security.waitFor();
      await page.keyboard.press("Escape");
      await security.waitFor({ state: "hidden" });
      await person.reach(button, "the button of the menu");
      if (hands === "keyboard") await page.keyboard.press("Enter");
      await security.waitFor();
      await page.screenshot({ path: `${process.env.SCREENSHOTS ?? "screenshots"}/menu-${hands}-${script}.png` });
      await person.activate(security, "a link of the menu", "Enter");
      assert.equal(page.url(), portal("/security"));
      assert.ok(!(await security.isVisible()), "closed on the next page");
    });
  }
}

journey("long names stay inside of a phone", {}, async (person) => {
  const user = await aUser({ name: "maximiliane-charlotte-von-und-zu-hohenlohe-langenburg" });
  await signOn(person, user);
  const { page } = person;
  await page.setViewportSize(PHONE);
  for (const path of ["/", "/user/info", "/security", "/data"]) {
    await person.open(portal(path));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${path} is wider than the window by ${wide} pixels`);
  }
  await page.getByRole("button", { name: "Menu", exact: true }).click();
  const name = await page.locator(".account-name").boundingBox();
  assert.ok(name.x >= 0 && name.x + name.width <= PHONE.width, "the name is inside of the menu");
});

journey("four tiles stand two by two", {}, async (person) => {
  await signOn(person, await aUser());
  await person.open(portal("/"));
  const tiles = await person.page.locator(".tile").evaluateAll((all) => all.map((tile) => tile.offsetTop));
  assert.equal(tiles.length, 4);
  assert.deepEqual([tiles[0], tiles[2]], [tiles[1], tiles[3]]);
  assert.notEqual(tiles[0], tiles[2]);
});
