/* Keeps an impatient second click from sending a form twice. */

const PATIENCE_MS = 15000;

const buttons = (form) => form.querySelectorAll("button[type=submit], button:not([type])");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  /* Not disabled: a disabled button loses the focus, and its name would not be sent. */
  for (const button of buttons(form)) button.setAttribute("aria-disabled", "true");
  setTimeout(allow, PATIENCE_MS, form);
});

const allow = (form) => {
  delete form.dataset.sent;
  for (const button of buttons(form)) button.removeAttribute("aria-disabled");
};

/* The page may come back from the browser's memory as it was left. */
addEventListener("pageshow", () => [...document.forms].forEach(allow));
