// A browser without script, made of Node's standard library alone: it trusts one certificate
// authority, keeps cookies, follows redirects and sends forms.

import { request } from "node:https";

/** How long one answer may take. */
const TIMEOUT_MS = 30_000;

/** How many redirects are followed. */
const REDIRECTS = 20;

const ENTITIES = { amp: "&", apos: "'", gt: ">", lt: "<", nbsp: "\u00a0", quot: '"' };

/** One request and its whole answer; no redirect is followed. */
export function exchange(url, { method = "GET", headers = {}, body, ca } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, ca, timeout: TIMEOUT_MS }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode,
          headers: answer.headers,
          text: Buffer.concat(parts).toString("utf8"),
        }),
      );
    });
    sent.on("timeout", () => sent.destroy(new Error(`${method} ${url}: no answer in time`)));
    sent.on("error", reject);
    sent.end(body);
  });
}

/** One person's browser. */
export class Browser {
  /** Cookies by host: as in every browser, two ports of one host share them. */
  #cookies = new Map();
  #ca;

  constructor(ca) {
    this.#ca = ca;
  }

  /**
   * Opens an address and follows redirects. A redirect to an address that begins with `stopAt` is
   * not followed; the page then has it as `url`, and no text.
   */
  async open(url, { stopAt } = {}) {
    return this.#go("GET", new URL(url), {}, undefined, stopAt);
  }

  /** Sends a form as filled in. */
  async submit(form, values, { stopAt } = {}) {
    const fields = form.filledIn(values);
    const action = new URL(form.action);
    if (form.method === "GET") {
      action.search = String(fields);
      return this.#go("GET", action, {}, undefined, stopAt);
    }
    const site = action.origin === form.page.url.origin ? "same-origin" : "same-site";
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      origin: form.page.url.origin,
      "sec-fetch-site": site,
    };
    return this.#go("POST", action, headers, String(fields), stopAt);
  }

  /** The value of a cookie that would be sent to `url`. */
  cookie(url, name) {
    return this.#jar(new URL(url)).get(name)?.value;
  }

  async #go(method, url, headers, body, stopAt) {
    for (let hop = 0; hop < REDIRECTS; hop += 1) {
      const all = { accept: "text/html", ...headers };
      const cookies = this.#cookiesFor(url);
      if (cookies) all.cookie = cookies;
      const answer = await exchange(url, { method, headers: all, body, ca: this.#ca });
      this.#keep(url, answer.headers["set-cookie"] ?? []);
      const isRedirect = [301, 302, 303, 307, 308].includes(answer.status);
      if (!isRedirect || !answer.headers.location) return new Page(url, answer);
      const next = new URL(answer.headers.location, url);
      if (stopAt && next.href.startsWith(stopAt)) {
        return new Page(next, { ...answer, text: "" });
      }
      url = next;
      if (![307, 308].includes(answer.status)) {
        [method, headers, body] = ["GET", {}, undefined];
      }
    }
    throw new Error(`more than ${REDIRECTS} redirects, the last to ${url}`);
  }

  #jar(url) {
    if (!this.#cookies.has(url.hostname)) this.#cookies.set(url.hostname, new Map());
    return this.#cookies.get(url.hostname);
  }

  #cookiesFor(url) {
    const now = Date.now();
    return [...this.#jar(url)]
      .filter(([, { path, expires }]) => expires > now && below(url.pathname, path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join("; ");
  }

  #keep(url, headers) {
    for (const header of headers) {
      const [pair, ...rest] = header.split(";").map((part) => part.trim());
      const [name, ...value] = pair.split("=");
      const attributes = new Map(
        rest.map((attribute) => {
          const [key, ...text] = attribute.split("=");
          return [key.toLowerCase(), text.join("=")];
        }),
      );
      if (name.startsWith("__Host-")) {
        const bound = attributes.has("secure") && attributes.get("path") === "/";
        if (!bound || attributes.has("domain")) throw new Error(`no browser keeps: ${header}`);
      }
      const age = attributes.has("max-age") ? Number(attributes.get("max-age")) * 1000 : undefined;
      const until = attributes.has("expires") ? Date.parse(attributes.get("expires")) : Infinity;
      this.#jar(url).set(name, {
        value: value.join("="),
        path: attributes.get("path") || "/",
        expires: age === undefined ? until : Date.now() + age,
      });
    }
  }
}

/** Whether a cookie with this path is sent to an address with that one (RFC 6265 §5.1.4). */
function below(pathname, path) {
  return pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
}

/** What an address answered, after redirects. */
export class Page {
  constructor(url, { status, headers, text }) {
    this.url = url;
    this.status = status;
    this.headers = headers;
    this.html = text;
  }

  /** The text that a person reads. */
  get text() {
    const html = this.html.replace(/<(script|style|head)\b.*?<\/\1>/gis, " ");
    return decoded(html.replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ").trim();
  }

  /** The form that has a field of this name. */
  form(field) {
    const form = this.forms.find(({ names }) => names.includes(field));
    if (!form) throw new Error(`no form with ${field} at ${this.url} (${this.status}): ${this.text}`);
    return form;
  }

  /** The form that is sent to this path. */
  formTo(path) {
    const form = this.forms.find(({ action }) => new URL(action).pathname === path);
    if (!form) throw new Error(`no form to ${path} at ${this.url} (${this.status}): ${this.text}`);
    return form;
  }

  get forms() {
    const found = [...this.html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)];
    return found.map(([, tag, inner]) => new Form(this, attributesOf(tag), inner));
  }

  /** A parameter of the query or the fragment. */
  parameter(name) {
    const fragment = new URLSearchParams(this.url.hash.slice(1));
    return this.url.searchParams.get(name) ?? fragment.get(name);
  }
}

/** A form of a page. */
class Form {
  constructor(page, attributes, inner) {
    this.page = page;
    this.method = (attributes.method ?? "get").toUpperCase();
    this.action = new URL(attributes.action || page.url.href, page.url).href;
    this.names = [];
    this.fields = [];
    for (const [, element, tag] of inner.matchAll(/<(input|select|textarea|button)\b([^>]*)>/gis)) {
      const field = attributesOf(tag);
      if (field.name === undefined || field.disabled !== undefined) continue;
      this.names.push(field.name);
      const isBox = ["checkbox", "radio"].includes(field.type);
      if (element.toLowerCase() !== "input" || field.type === "submit") continue;
      if (isBox && field.checked === undefined) continue;
      this.fields.push([field.name, field.value ?? (isBox ? "on" : "")]);
    }
  }

  /** What is sent when these values were typed; only fields that the form has can be typed into. */
  filledIn(values = {}) {
    const unknown = Object.keys(values).filter((name) => !this.names.includes(name));
    if (unknown.length > 0) {
      throw new Error(`no field ${unknown} among ${this.names} at ${this.page.url}`);
    }
    const kept = this.fields.filter(([name]) => !(name in values));
    return new URLSearchParams([...kept, ...Object.entries(values)]);
  }
}

function attributesOf(tag) {
  const found = tag.matchAll(/([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g);
  return Object.fromEntries(
    [...found].map(([, name, ...values]) => [
      name.toLowerCase(),
      decoded(values.find((value) => value !== undefined) ?? ""),
    ]),
  );
}

function decoded(text) {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number.parseInt(decimal, 10));
    return ENTITIES[name.toLowerCase()] ?? whole;
  });
}
