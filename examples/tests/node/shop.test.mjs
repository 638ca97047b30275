// node --test shop.test.mjs

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { codeIn, Latchkey } from "./latchkey.mjs";
import { Shop } from "./shop.mjs";

const SEED = fileURLToPath(new URL("../../seed.toml", import.meta.url));
// As that file says.
const ADA = "5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e03";
const CLIENT = { id: "5b0d7f9c-3f54-4d0c-9a53-0d2b6c7f1e02", secret: "shop-secret-of-the-example" };

let latchkey, shop;

before(async () => {
  latchkey = await Latchkey.start(SEED);
});

after(() => latchkey?.stop());

beforeEach(async () => {
  await latchkey.reset();
  const { env } = latchkey;
  shop = new Shop({
    client: CLIENT,
    worker: { id: env.WORKER_CLIENT_ID, secret: env.WORKER_CLIENT_SECRET },
    redirectUri: "http://localhost:3000/callback",
    issuer: env.ISSUER,
    apiUrl: env.API_URL,
    environmentId: env.ENVIRONMENT_ID,
  });
});

async function signOn(username, password) {
  const browser = latchkey.browser();
  await browser.open(shop.beginSignOn());
  const flow = await browser.signOn(username, password);
  return shop.endSignOn(await browser.returnToApplication(flow));
}

test("a customer of the seed signs on", async () => {
  const profile = await shop.profile(await signOn("ada", "Sunny-Harbour-42"));
  assert.equal(profile.sub, ADA);
  assert.equal(profile.email, "ada@shop.example");
});

test("a newcomer proves the address by the code of a mail", async () => {
  await shop.register("grace", "grace@shop.example", "Bright-Compass-19");
  const browser = latchkey.browser();
  await browser.open(shop.beginSignOn());
  let flow = await browser.signOn("grace", "Bright-Compass-19");
  assert.equal(flow.status, "VERIFICATION_CODE_REQUIRED");
  const mail = await latchkey.mailTo("grace@shop.example");
  flow = await browser.do("user.verify", { verificationCode: codeIn(mail) });
  const token = await shop.endSignOn(await browser.returnToApplication(flow));
  assert.equal((await shop.profile(token)).email, "grace@shop.example");
});

test("nobody stays signed on longer than a token lasts", async () => {
  const token = await signOn("ada", "Sunny-Harbour-42");
  await latchkey.advance(59 * 60);
  assert.ok(await shop.profile(token));
  await latchkey.advance(2 * 60);
  assert.equal(await shop.profile(token), undefined);
});

test("the shop waits as long as a busy server asks", async () => {
  const token = await signOn("ada", "Sunny-Harbour-42");
  const path = "/{environment}/as/userinfo";
  await latchkey.fail(path, { kind: "status", status: 429, retryAfterSeconds: 1 });
  assert.equal((await shop.profile(token)).sub, ADA);
  const [first, second] = await latchkey.requests({ path });
  assert.deepEqual([first.status, second.status], [429, 200]);
  assert.ok(Date.parse(second.at) - Date.parse(first.at) >= 1000);
});

test("every test begins without what others did", async () => {
  // The newcomer of the test above can register again, and there is no mail for them yet.
  assert.deepEqual(await latchkey.mailsTo("grace@shop.example"), []);
  await shop.register("grace", "grace@shop.example", "Bright-Compass-19");
});
