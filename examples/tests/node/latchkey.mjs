// A Latchkey of its own for a test file: started with a seed, told what to do, ended.
//
// Copy this file beside your tests. Nothing but Node is needed (20 or newer), and the program
// `latchkey`, which LATCHKEY names or the PATH has.

import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import tls from "node:tls";

const START_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;
const ANSWER_WITHIN_MS = 90_000; // more than the minute for which one may wait for a mail

export class Latchkey {
  /** What the environment file says: addresses, ids, secrets, CA_FILE. */
  env;
  #folder = mkdtempSync(join(tmpdir(), "latchkey-"));
  #process;

  static async start(seed) {
    const latchkey = new Latchkey();
    try {
      await latchkey.#start(seed);
    } catch (error) {
      await latchkey.stop();
      throw error;
    }
    await trust(readFileSync(latchkey.env.CA_FILE, "utf8"));
    return latchkey;
  }

  async #start(seed) {
    const file = join(this.#folder, "latchkey.env");
    const log = join(this.#folder, "latchkey.log");
    const options = ["--ephemeral", "--stop-with-stdin", "--seed", seed, "--env-file", file];
    for (const port of ["portal", "idp", "control"]) options.push(`--${port}-listen`, "localhost:0");
    const output = openSync(log, "w");
    this.#process = spawn(process.env.LATCHKEY ?? "latchkey", ["up", ...options], {
      // The pipe ends with this process, however it ends, and the program with the pipe.
      stdio: ["pipe", output, output],
    });
    closeSync(output);
    let failed;
    this.#process.on("error", (error) => (failed = error));
    process.on("exit", this.#kill);

    const latest = performance.now() + START_WITHIN_MS;
    while (performance.now() < latest && !failed && this.#process.exitCode === null) {
      if (existsSync(file)) {
        // Once it is there it is complete, and the ports are about to open.
        this.env = readEnvFile(file);
        const answers = await this.control("GET", "clock").catch(() => false);
        if (answers) return;
      }
      await pause(10);
    }
    throw new Error(`latchkey did not start: ${failed ?? readFileSync(log, "utf8")}`);
  }

  #kill = () => this.#process?.kill("SIGKILL");

  async stop() {
    const isRunning = this.#process?.pid && this.#process.exitCode === null;
    if (isRunning && this.#process.signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGTERM");
      const timer = setTimeout(this.#kill, STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    }
    process.off("exit", this.#kill);
    rmSync(this.#folder, { recursive: true });
  }

  /** A request to the control API, which docs/control.md describes; its answer, if any. */
  async control(method, path, { body, query } = {}) {
    const url = new URL(path, this.env.CONTROL_URL);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    const response = await fetch(url, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Everything is as right after the start. */
  reset = () => this.control("POST", "reset");

  /** Lets this much time pass at once. */
  advance = (seconds) => this.control("POST", "clock/advance", { body: { seconds } });

  /** Makes this the present, such as 2027-03-28T00:59:59Z. */
  setClock = (now) => this.control("POST", "clock/set", { body: { now } });

  /** Lets the next requests to a path fail: `fail("/v1/{*rest}", { kind: "drop" }, { times: 2 })`. */
  fail = (path, fault, more = {}) => this.control("POST", "faults", { body: { path, fault, ...more } });

  /** The mail to this address, as soon as there is one. */
  mailTo = (to, seconds = 10) => this.control("GET", "mails/wait", { query: { to, seconds } });

  /** The mails to this address so far. */
  mailsTo = (to) => this.control("GET", "mails", { query: { to } });

  /** What came in so far, oldest first, chosen by `method` and `path`. */
  requests = (query = {}) => this.control("GET", "requests", { query });

  browser = () => new Browser(this.env);
}

/** Signs people on as their browser would, by PingOne's flow API instead of the pages. */
class Browser {
  #cookies = new Map();
  #env;
  #flow;

  constructor(env) {
    this.#env = env;
  }

  /** Follows a link of the application to the sign-on page. */
  async open(url) {
    const page = await this.#location(url);
    const environment = this.#env.ISSUER.replace(/\/as$/, "");
    this.#flow = `${environment}/flows/${page.searchParams.get("flowId")}`;
  }

  /** Takes a step of the sign-on, such as usernamePassword.check; what the flow says now. */
  async do(action, body) {
    const response = await this.#send(this.#flow, {
      method: "POST",
      headers: { "Content-Type": `application/vnd.pingidentity.${action}+json` },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  signOn = (username, password) => this.do("usernamePassword.check", { username, password });

  /** Where a sign-on that is COMPLETED leads: the redirect URI, with the code. */
  async returnToApplication(flow) {
    if (flow.status !== "COMPLETED") throw new Error(`not signed on: ${JSON.stringify(flow)}`);
    return this.#location(flow.resumeUrl);
  }

  async #location(url) {
    const response = await this.#send(url);
    const location = response.headers.get("location");
    if (!location) throw new Error(`no redirect: ${response.status} ${await response.text()}`);
    return new URL(location, url);
  }

  async #send(url, options = {}) {
    const cookies = [...this.#cookies].map((cookie) => cookie.join("=")).join("; ");
    const response = await fetch(url, {
      ...options,
      headers: { ...options.headers, Cookie: cookies },
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
      this.#cookies.set(name, value);
    }
    return response;
  }
}

/** The code of a mail: the one line that is nothing else. */
export const codeIn = (mail) => mail.text.match(/^\s*([A-Z0-9]{8})\s*$/m)[1];

function readEnvFile(file) {
  const lines = readFileSync(file, "utf8").matchAll(/^([A-Z_]+)=(?:'(.*)'|(.*))$/gm);
  return Object.fromEntries([...lines].map(([, name, quoted, plain]) => [name, unquoted(quoted) ?? plain]));
}

const unquoted = (value) => value?.replaceAll(`'\\''`, "'");

/** Lets `fetch` of this process trust an authority, beside those of the system. */
async function trust(authority) {
  if (tls.setDefaultCACertificates) {
    tls.setDefaultCACertificates([...tls.getCACertificates(), authority]);
    return;
  }
  // Node 20 offers nothing, except to exchange what its fetch connects with.
  const connects = Symbol.for("undici.globalDispatcher.1");
  await fetch("data:,");
  const Agent = globalThis[connects].constructor;
  globalThis[connects] = new Agent({ connect: { ca: [...tls.rootCertificates, authority] } });
}
