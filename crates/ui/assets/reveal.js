/* Shows and hides a password. The button is in the page, hidden, and its place is reserved, so
   nothing moves when the script brings it out. */

for (const button of document.querySelectorAll("[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  if (!input) continue;

  const set = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
    button.setAttribute("aria-label", shown ? button.dataset.hideLabel : button.dataset.showLabel);
  };

  button.addEventListener("click", () => set(input.type === "password"));
  /* Browsers and password managers save what is in a password field. */
  input.form?.addEventListener("submit", () => set(false));
  button.hidden = false;
}
