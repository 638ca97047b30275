// The mailbox of the development environment.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import { system } from "./system.js";

/** How long a mail may take: it is sent in the background. */
const TIMEOUT = 15_000;

/** The messages to an address, newest first. */
export async function messagesTo(address) {
  const answer = await fetch(`${system.MAILBOX_URL}/messages?to=${encodeURIComponent(address)}`);
  assert.equal(answer.status, 200, "the mailbox answers");
  return answer.json();
}

/** The newest message to an address once there are `count` of them. */
export async function mailTo(address, count = 1) {
  const end = Date.now() + TIMEOUT;
  for (;;) {
    const messages = await messagesTo(address);
    if (messages.length >= count) return messages[0];
    assert.ok(Date.now() < end, `${messages.length} of ${count} messages to ${address} arrived`);
    await pause(100);
  }
}

/** The code in the newest message to an address. */
export async function codeSentTo(address, count = 1) {
  const { text } = await mailTo(address, count);
  const [code] = text.match(/^\s*[A-Z0-9]{8}\s*$/m) ?? assert.fail(`no code in: ${text}`);
  return code.trim();
}

/** The one-time password of digits in the newest message to an address. */
export async function otpSentTo(address) {
  const { text } = await mailTo(address);
  const [otp] = text.match(/^\s*\d{6}\s*$/m) ?? assert.fail(`no one-time password in: ${text}`);
  return otp.trim();
}
