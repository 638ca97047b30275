// The language's own HTTP client, cookies kept by hand: what any script can do.

import assert from "node:assert/strict";

export class Client {
  #cookies = new Map();

  /** Opens an address, following redirects. */
  async get(url) {
    return this.#follow(url, { method: "GET" });
  }

  /** Fills in the form that holds all these fields, with what else it carries, and sends it. */
  async fill(page, fields) {
    const forms = [...page.body.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)];
    const form = forms.find(([, , inner]) =>
      Object.keys(fields).every((name) => inner.includes(`name="${name}"`)),
    );
    assert.ok(form, `a form with ${Object.keys(fields)} at ${page.url}:\n${page.body}`);
    const body = new URLSearchParams();
    for (const [input] of form[2].matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)) {
      body.set(attribute(input, "name"), attribute(input, "value"));
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    const action = new URL(attribute(form[1], "action") || page.url, page.url);
    const headers = { origin: new URL(page.url).origin };
    return this.#follow(action.href, { method: "POST", body, headers });
  }

  async #follow(url, request) {
    for (let hop = 0; hop < 20; hop += 1) {
      const host = new URL(url).hostname;
      const jar = this.#cookies.get(host) ?? new Map();
      this.#cookies.set(host, jar);
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const headers = { accept: "text/html", ...request.headers, ...(cookie && { cookie }) };
      const answer = await fetch(url, { ...request, headers, redirect: "manual" });
      for (const line of answer.headers.getSetCookie()) keep(jar, line);
      const body = await answer.text();
      const location = answer.headers.get("location");
      if (answer.status < 300 || answer.status >= 400 || !location) {
        return { url, status: answer.status, body };
      }
      url = new URL(location, url).href;
      request = { method: "GET" };
    }
    return assert.fail(`too many redirects, the last to ${url}`);
  }
}

function keep(jar, line) {
  const [pair, ...attributes] = line.split(";");
  const [name, ...value] = pair.split("=");
  if (attributes.some((attribute) => /^\s*max-age=0/i.test(attribute))) jar.delete(name.trim());
  else jar.set(name.trim(), value.join("="));
}

function attribute(tag, name) {
  const [, value = ""] = tag.match(new RegExp(`\\b${name}="([^"]*)"`)) ?? [];
  return value.replaceAll("&quot;", '"').replaceAll("&#34;", '"').replaceAll("&amp;", "&").replaceAll("&#38;", "&");
}
