// Steps that many journeys begin with.

import { portal, system } from "./system.js";

/** On the hosted sign-on page: types name and password and goes on. */
export async function giveCredentials(person, { username, password }) {
  await person.type("username", username);
  await person.type("password", password);
  await person.submit("password");
}

/** Signs off here and at the environment. Without scripts the page on the way is sent by its button. */
export async function signOff(person) {
  await person.send("/logout");
  await leave(person);
}

/** From the page on the way to the environment, back to the portal. */
export async function leave(person) {
  if (!person.script) await person.press("Continue");
  await person.reads("You have signed off.");
}

/** Signs a person on at the portal. */
export async function signOn(person, user) {
  await person.open(portal("/login"));
  await giveCredentials(person, user);
}

/** Whoever administers the demo environment. */
export const operator = {
  username: system.OPERATOR_USERNAME,
  password: system.OPERATOR_PASSWORD,
};
