// What a person does with a page, by mouse or by keyboard alone.

import assert from "node:assert/strict";

/** More stops than any page has. */
const TABS = 80;

/** For how long a page may take to say something, and how often it is read meanwhile, in milliseconds. */
const PATIENCE = 30_000;
const GLANCE = 50;

export class Person {
  constructor(page, { hands, script }) {
    this.page = page;
    this.hands = hands;
    this.script = script;
  }

  /** Types an address. */
  async open(url) {
    return this.page.goto(url);
  }

  /** Replaces what a field holds. `field` is its name or id. */
  async type(field, text) {
    const target = this.field(field);
    await this.reach(target, field);
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.press("Delete");
    await this.page.keyboard.type(text);
    assert.equal(await target.inputValue(), text, `${field} took what was typed`);
  }

  /** Ticks or unticks a box. */
  async tick(field) {
    if (this.hands === "mouse") return this.field(field).click();
    await this.reach(this.field(field), field);
    await this.page.keyboard.press("Space");
  }

  /** Opens what is folded away under a line that reads so. */
  async unfold(label) {
    const summary = this.page.locator("summary").filter({ hasText: label }).first();
    if (this.hands === "mouse") return summary.click();
    await this.reach(summary, label);
    return this.page.keyboard.press("Enter");
  }

  /** Chooses an option by the text that it shows. */
  async choose(field, option) {
    const target = this.field(field);
    if (this.hands === "mouse") return target.selectOption({ label: option });
    await this.reach(target, field);
    await this.page.keyboard.type(option);
  }

  /** Presses the button in the page's content that is labelled so. */
  async press(label) {
    const button = this.page.locator("main").getByRole("button", { name: label, exact: true });
    await this.activate(button, label, "Space");
  }

  /** Sends the form that holds a field, by its button. */
  async submit(field) {
    const form = this.page.locator("form").filter({ has: this.field(field) });
    await this.activate(form.locator("button[type=submit]").first(), `the button under ${field}`, "Space");
  }

  /** Sends the form that goes to a path, by its button. */
  async send(path) {
    const form = this.page.locator(`form[action$="${path}"], form[action*="${path}?"]`);
    const button = form.locator("button[type=submit]");
    await this.activate(button.first(), `the button of ${path}`, "Space");
  }

  /** Sends the form that holds a field, by Enter in it. */
  async enter(field) {
    await this.field(field).focus();
    await this.settled(() => this.page.keyboard.press("Enter"));
  }

  /** Follows the link that reads so. */
  async follow(label) {
    await this.activate(this.page.getByRole("link", { name: label, exact: true }).first(), label, "Enter");
  }

  /** Follows the first link in the page's content that leads to a path. */
  async followTo(path) {
    const links = this.page.locator(`a[href$="${path}"], a[href*="${path}?"]`);
    await this.activate(links.first(), `a link to ${path}`, "Enter");
  }

  /** Puts the focus on an element: by a click, or by tabbing until it has it. */
  async reach(target, name) {
    if (this.hands === "mouse") return target.click();
    await target.waitFor();
    for (let stop = 0; stop < TABS; stop += 1) {
      if (await hasFocus(target)) {
        assert.ok(await this.focusIsVisible(), `the focus on ${name} can be seen`);
        return undefined;
      }
      await this.page.keyboard.press("Tab");
    }
    return assert.fail(`${name} cannot be reached by the Tab key`);
  }

  /** The field with this name or id. */
  field(name) {
    return this.page.locator(
      `:is(input:not([type=hidden]), select, textarea):is([name="${name}"], [id="${name}"])`,
    ).first();
  }

  /** What a field holds. */
  async valueOf(field) {
    return this.field(field).inputValue();
  }

  /** The page's heading. */
  async heading() {
    return (await this.page.locator("h1").innerText()).trim();
  }

  /** Waits for a page with this heading. */
  async sees(heading) {
    await this.waits(() => this.heading(), (shown) => shown === heading, `the heading "${heading}"`);
  }

  /** Waits until the page reads so somewhere, as it is written, and not only where it is folded away. */
  async reads(text) {
    const isThere = (shown) => (text instanceof RegExp ? text.test(shown) : shown.includes(text));
    await this.waits(() => this.readable(), isThere, `"${text}"`);
  }

  /** Reads until what is read is what was waited for. */
  async waits(read, isIt, what) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const shown = await read();
      if (isIt(shown)) return;
      if (Date.now() > end) assert.fail(`the page does not read ${what}: ${shown}`);
      await new Promise((resolve) => setTimeout(resolve, GLANCE));
    }
  }

  /** All that can be read on the page. */
  async readable() {
    return (await this.page.locator("body").innerText()).replace(/\s+/g, " ").trim();
  }

  /** The message at a field, which assistive technology reads out with it. */
  async messageAt(field) {
    const target = this.field(field);
    assert.equal(await target.getAttribute("aria-invalid"), "true", `${field} is marked as wrong`);
    const described = (await target.getAttribute("aria-describedby")) ?? "";
    assert.ok(described.split(" ").includes(`${field}-error`), `${field} is described by its error`);
    return (await this.page.locator(`[id="${field}-error"]`).innerText()).trim();
  }

  /** The summary's links, each leading to the field that it names. */
  async summary() {
    const links = await this.page.locator("#summary a").all();
    for (const link of links) {
      const target = this.page.locator(await link.getAttribute("href"));
      assert.equal(await target.count(), 1, "a link of the summary leads to a field");
    }
    return Promise.all(links.map((link) => link.innerText()));
  }

  /** The messages that a page shows once. */
  async messages() {
    const texts = await this.page.locator("main .alert").allInnerTexts();
    return texts.map((text) => text.replace(/\s+/g, " ").trim());
  }

  async leave() {
    await this.page.context().close();
  }

  async activate(target, label, key) {
    if (this.hands === "mouse") return this.settled(() => target.click());
    await this.reach(target, label);
    return this.settled(() => this.page.keyboard.press(key));
  }

  /** Does something and waits until the page that it leads to has loaded. */
  async settled(act) {
    await Promise.all([this.page.waitForEvent("load"), act()]);
  }

  /** Whether the element with the focus looks different for it. */
  async focusIsVisible() {
    return this.page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
      return outlined || style.boxShadow !== "none";
    });
  }
}

async function hasFocus(target) {
  return target.evaluate((element) => element === document.activeElement);
}
