// The examples of docs/use-it-with-your-client.md whose runtimes are there and need no download, each
// as the page says to run it:
//
//     latchkey up --ephemeral --env-file F &
//     node --test-reporter=spec tests/clients/examples.mjs F

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const FILE = process.argv[2];
if (!FILE) throw new Error("give the environment file that `latchkey up --env-file` has written");

/** One example may take so long; Go and Java compile theirs first. */
const TIMEOUT_MS = 180_000;

const settings = Object.fromEntries(
  readFileSync(FILE, "utf8")
    .split("\n")
    .map((line) => line.match(/^([A-Z_]+)=(?:'([^']*)'|"([^"]*)"|(.*))$/))
    .filter(Boolean)
    .map(([, key, ...values]) => [key, values.find((value) => value !== undefined)]),
);
const env = {
  ...process.env,
  ...settings,
  SSL_CERT_FILE: settings.CA_FILE,
  NODE_EXTRA_CA_CERTS: settings.CA_FILE,
  GOTOOLCHAIN: "local",
  GOPROXY: "off",
};
const path = (name) => fileURLToPath(new URL(`../../examples/clients/${name}`, import.meta.url));

/** Whether a program is installed. */
const isThere = (program, version) => spawnSync(program, [version], { timeout: TIMEOUT_MS }).status === 0;

const EXAMPLES = [
  ["curl", "--version", "sh", path("curl.sh")],
  ["python3", "--version", "python3", path("python/client.py")],
  ["node", "--version", process.execPath, path("node/client.mjs")],
  ["go", "version", "go", "run", path("go/main.go")],
  ["java", "--version", "java", path("java/Client.java")],
];

for (const [program, version, command, ...args] of EXAMPLES) {
  const skip = isThere(program, version) ? false : `${program} is not installed`;
  test(`the example for ${program} counts the people of the demo environment`, { skip }, () => {
    const run = spawnSync(command, args, { env, encoding: "utf8", timeout: TIMEOUT_MS });
    assert.equal(run.status, 0, run.stderr);
    const [, count] = run.stdout.match(/^users: ([0-9]+)$/m) ?? [];
    assert.ok(Number(count) >= 2, run.stdout);
  });
}
