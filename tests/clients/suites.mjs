// The test suites of docs/use-it-from-your-tests.md, each in its own language and as the page says to
// run it, with the program that is given:
//
//     node --test-reporter=spec tests/clients/suites.mjs target/debug/latchkey
//
// The suites are those of this repository, or those below `examples` in a folder that is given as well,
// as in an unpacked release.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const PROGRAM = process.argv[2] && resolve(process.argv[2]);
if (!PROGRAM) throw new Error("give the path of the program `latchkey`");

/** One suite may take so long; Go and Java are compiled first. */
const TIMEOUT_MS = 300_000;

/** How many tests each suite has. */
const TESTS = 5;

const folder = mkdtempSync(join(tmpdir(), "suites-"));
after(() => rmSync(folder, { recursive: true }));

const repository = fileURLToPath(new URL("../..", import.meta.url));
const path = (name) => join(resolve(process.argv[3] ?? repository), "examples/tests", name);
const works = (program, ...options) => spawnSync(program, options, { timeout: TIMEOUT_MS }).status === 0;

/** Debian's packages put them there; pytest belongs to the system's Python, which may not be the first. */
const python = ["python3", "/usr/bin/python3"].find((one) => works(one, "-m", "pytest", "--version"));
const jars = [
  ["junit-jupiter-api", "junit-jupiter-engine"],
  ["junit-platform-commons", "junit-platform-console", "junit-platform-engine"],
  ["junit-platform-launcher", "junit-platform-reporting"],
  ["apiguardian-api", "opentest4j", "opentest4j-reporting-events", "opentest4j-reporting-schema", "picocli"],
  ["jackson-annotations", "jackson-core", "jackson-databind"],
]
  .flat()
  .map((name) => `/usr/share/java/${name}.jar`);
const classes = join(folder, "classes");
const sources = readdirSync(path("junit")).filter((name) => name.endsWith(".java"));

/** What a suite needs and is not here; the commands that run it; how it counts what passed. */
const SUITES = {
  pytest: {
    missing: !python && "pytest is not installed",
    commands: () => [[python, "-m", "pytest", "-p", "no:cacheprovider", path("pytest")]],
    passed: /^=+ ([0-9]+) passed in/m,
  },
  node: {
    missing: false,
    commands: () => [[process.execPath, "--test", "--test-reporter=tap", path("node/shop.test.mjs")]],
    passed: /^# pass ([0-9]+)$/m,
  },
  go: {
    missing: !works("go", "version") && "Go is not installed",
    commands: () => [["go", "test", "-count=1", "-v", "./..."]],
    passed: /^--- PASS/gm,
  },
  junit: {
    missing: !(works("javac", "--version") && jars.every(existsSync)) && "a JDK, JUnit 5 or Jackson is not installed",
    commands: (temporary) => [
      ["javac", "-d", classes, "-cp", jars.join(":"), ...sources],
      [
        ...["java", `-Djava.io.tmpdir=${temporary}`, "-cp", [classes, ...jars].join(":")],
        ...["org.junit.platform.console.ConsoleLauncher", "--disable-banner", "--scan-classpath", classes],
      ],
    ],
    passed: /^\[ *([0-9]+) tests successful/m,
  },
};

/** The environment of a suite that keeps everything temporary in a folder. */
const environment = (program, temporary) => ({
  ...process.env,
  LATCHKEY: program,
  TMPDIR: temporary,
  PYTHONDONTWRITEBYTECODE: "1",
  GOTOOLCHAIN: "local",
  GOPROXY: "off",
  // This file is a test itself, of which the suite in Node is no part.
  NODE_TEST_CONTEXT: undefined,
});

/** Runs a suite with a program, and gives how its last command ended and what it left behind. */
function run(name, program) {
  const temporary = mkdtempSync(join(folder, `${name}-`));
  const env = environment(program, temporary);
  let last;
  for (const [command, ...args] of SUITES[name].commands(temporary)) {
    last = spawnSync(command, args, { env, cwd: path(name), encoding: "utf8", timeout: TIMEOUT_MS });
    if (last.status !== 0) break;
  }
  const said = `${last.error ?? ""}${last.stdout}${last.stderr}`;
  return { status: last.status, said, left: readdirSync(temporary) };
}

/** How long a process may take to start or to end. */
const SOON_MS = 60_000;

/** What `look` finds, as soon as it finds something. */
async function found(what, look) {
  for (const latest = performance.now() + SOON_MS; performance.now() < latest; await pause(2)) {
    const result = look();
    if (result) return result;
  }
  throw new Error(`${what}: not within ${SOON_MS} ms`);
}

/** What the system says of a process; nothing when it has ended. */
function status(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    const [, state] = text.match(/^State:\s+(\S)/m);
    const [, parent] = text.match(/^PPid:\s+([0-9]+)/m);
    return state === "Z" ? undefined : { parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** The program that a suite has started and that is ready: known by where its environment file is. */
function started(temporary) {
  for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const file = words[words.indexOf("--env-file") + 1];
      if (words[1] === "up" && file.startsWith(`${temporary}/`) && existsSync(file)) return Number(pid);
    } catch {
      // It has ended meanwhile.
    }
  }
  return undefined;
}

/** Kills what started the program of a suite, and waits for the program's own end. */
async function killTheRunner(name) {
  const temporary = mkdtempSync(join(folder, `${name}-`));
  const options = { env: environment(PROGRAM, temporary), cwd: path(name), stdio: "ignore" };
  const commands = SUITES[name].commands(temporary);
  const [last, ...arguments_] = commands.pop();
  for (const [command, ...args] of commands) spawnSync(command, args, { ...options, timeout: TIMEOUT_MS });
  const suite = spawn(last, arguments_, { ...options, timeout: TIMEOUT_MS });
  const ended = once(suite, "exit");
  let program;
  try {
    program = await found("the program starts", () => started(temporary));
    process.kill(status(program).parent, "SIGKILL");
    await found("the program ends", () => !status(program));
  } finally {
    if (program && status(program)) process.kill(program, "SIGKILL");
    suite.kill();
    await ended;
  }
}

for (const [name, { missing, passed }] of Object.entries(SUITES)) {
  test(`the suite for ${name} passes and leaves nothing behind`, () => {
    assert.ok(!missing, missing);
    const { status, said, left } = run(name, PROGRAM);
    assert.equal(status, 0, said);
    const count = passed.global ? said.match(passed)?.length : Number(said.match(passed)?.[1]);
    assert.equal(count, TESTS, said);
    assert.deepEqual(left, []);
  });
  test(`the suite for ${name} fails where the program does not start`, () => {
    assert.ok(!missing, missing);
    const { status, said, left } = run(name, "/bin/false");
    assert.notEqual(status, 0, said);
    assert.match(said, /latchkey did not start/);
    assert.deepEqual(left, []);
  });
  test(`the program of the suite for ${name} ends with what started it, even when that is killed`, async () => {
    assert.ok(!missing, missing);
    await killTheRunner(name);
  });
}

test("what the page shows stands in the suites, to the letter", () => {
  const page = readFileSync(join(repository, "docs/use-it-from-your-tests.md"), "utf8");
  const files = readdirSync(path(""), { recursive: true }).filter((name) => /\.(py|mjs|go|java)$/.test(name));
  const texts = files.map((name) => readFileSync(path(name), "utf8"));
  const shown = [...page.matchAll(/^```(?:python|js|go|java)\n([^]*?)^```$/gm)];
  assert.equal(shown.length, Object.keys(SUITES).length);
  for (const [, code] of shown) assert.ok(texts.some((text) => text.includes(code)), code);
});
