// One journey, one test: a fresh browser profile, a person in front of it, and nothing overlooked.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

import { Person } from "./person.js";
import { trustedKeys } from "./system.js";

/** How long one journey may take. */
const TIMEOUT = 120_000;

export const screenshots = process.env.SCREENSHOTS ?? "screenshots";

let browser;

before(async () => {
  mkdirSync(screenshots, { recursive: true });
  const keys = await trustedKeys();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      // Root has no sandbox; the pages are our own.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-gpu",
      "--disable-quic",
      "--disable-sync",
      "--no-first-run",
      `--ignore-certificate-errors-spki-list=${keys.join(",")}`,
    ],
  });
});

after(() => browser?.close());

/**
 * A test with one person. `hands` is "mouse" or "keyboard"; `script: false` turns JavaScript off;
 * `locale` is the language of the browser.
 *
 * It fails on anything that the page complains about: exceptions, console errors, content that its
 * own security policy blocked.
 */
export function journey(name, options, story) {
  test(name, { timeout: TIMEOUT }, async (t) => {
    const complaints = [];
    const person = await someone(options, complaints);
    try {
      await story(person, t);
    } catch (error) {
      const file = `${screenshots}/FAILED ${name.replace(/[^\w ]+/g, "-")}.png`;
      await person.page.screenshot({ path: file, fullPage: true }).catch(() => {});
      const text = await person.readable().catch(() => "(nothing to read)");
      error.message += `\n  at ${person.page.url()}\n  which reads: ${text.slice(0, 1200)}`;
      if (complaints.length > 0) error.message += `\n  complaints: ${complaints.join("\n")}`;
      throw error;
    } finally {
      await person.leave();
    }
    assert.deepEqual(complaints, [], "the browser complained");
  });
}

/** The journey by mouse and by keyboard, each with and without scripts. */
export function journeyInEveryWay(name, story) {
  for (const hands of ["mouse", "keyboard"]) {
    for (const script of [true, false]) {
      const way = `by ${hands}, ${script ? "with" : "without"} JavaScript`;
      journey(`${name} (${way})`, { hands, script }, story);
    }
  }
}

/** Another person with a browser of their own, inside a journey. */
export async function someone({ hands = "mouse", script = true, locale = "en-GB" } = {}, complaints = []) {
  const context = await browser.newContext({
    javaScriptEnabled: script,
    locale,
    reducedMotion: "reduce",
    viewport: { width: 1280, height: 800 },
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    // A page that answers 4xx is news to Chromium's console, not to the test that expects it.
    if (message.type() === "error" && !/the server responded with a status of 4/.test(message.text())) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  return new Person(page, { hands, script });
}
