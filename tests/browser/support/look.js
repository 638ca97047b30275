// How a page looks and whether everybody can use it: in both themes, on a desk and on a phone.

import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { screenshots } from "./journey.js";
import { system } from "./system.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };

const seen = new Set();

/**
 * Looks at the page in both themes and both sizes: nothing found by axe, nothing wider than the
 * window, no word of a button cut short, a header in one line, one `h1`, a title and a language.
 * Leaves a screenshot of each under `name`.
 */
export async function looksRight(person, name) {
  const { page } = person;
  assert.ok(!seen.has(name), `${name} is the name of another page's screenshots`);
  seen.add(name);
  const { origin, pathname } = new URL(page.url());
  // Once all are done, `cargo xtask test` looks whether a page of the portal is missing here.
  if (origin === new URL(system.PORTAL_URL).origin) appendFileSync(`${screenshots}/looked-at.txt`, `${pathname}\n`);
  const problems = [];
  const headings = await page.locator("h1").count();
  if (headings !== 1) problems.push(`${headings} elements h1`);
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      await page.screenshot({ path: `${screenshots}/${name}-${size}-${theme}.png`, fullPage: true });
      const found = await findings(page);
      found.push(...(await page.evaluate(crowded)));
      found.push(...(await page.evaluate(cutShort)));
      found.push(...(await page.evaluate(tallHeader)));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wide > 0) found.push(`wider than the window by ${wide} pixels`);
      problems.push(...found.map((problem) => `${size}, ${theme}: ${problem}`));
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(SIZES.desk);
  assert.equal(problems.join("\n"), "", name);
}

/** Messages that keep too little distance from what stands before or after them. Runs in the page. */
function crowded() {
  const LEAST = 12;
  const rows = [...document.querySelectorAll("main > *")].filter((row) => row.offsetHeight > 0);
  return rows.flatMap((row, index) => {
    const next = rows[index + 1];
    const isMessage = (element) => element.matches(".alert, .summary");
    if (!next || !(isMessage(row) || isMessage(next))) return [];
    const gap = next.getBoundingClientRect().top - row.getBoundingClientRect().bottom;
    return gap < LEAST ? [`${gap} pixels between ${row.className} and ${next.className}`] : [];
  });
}

/** Buttons whose words have no room, to the fraction of a pixel. Runs in the page. */
function cutShort() {
  const buttons = [...document.querySelectorAll("button")].filter((one) => one.offsetHeight > 0);
  const cut = buttons.filter((one) => {
    const words = document.createRange();
    words.selectNodeContents(one);
    const style = getComputedStyle(one);
    const sides = ["borderLeftWidth", "paddingLeft", "paddingRight", "borderRightWidth"];
    const taken = sides.reduce((sum, side) => sum + parseFloat(style[side]), 0);
    const room = one.getBoundingClientRect().width - taken;
    // Layout counts in 64ths of a pixel.
    return words.getBoundingClientRect().width > room + 1 / 32;
  });
  return cut.map((one) => `no room for "${one.textContent.trim()}"`);
}

/** A header whose parts stand in more than one line. Runs in the page. */
function tallHeader() {
  const parts = [...(document.querySelector(".top-inner")?.children ?? [])];
  const boxes = parts.map((part) => part.getBoundingClientRect()).filter(({ height }) => height > 0);
  const lowestTop = Math.max(...boxes.map(({ top }) => top));
  const highestBottom = Math.min(...boxes.map(({ bottom }) => bottom));
  return boxes.length > 0 && lowestTop >= highestBottom ? ["the header takes more than one line"] : [];
}

/** What axe finds, each as one line. */
async function findings(page) {
  // Evaluated from outside, so that the page's security policy stays as it is.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    (values) => window.axe.run(document, { runOnly: { type: "tag", values } }),
    RULES,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")}: ${failureSummary}`),
  );
}
