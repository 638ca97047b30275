/* Sends the form_post answer on at once; without the script the page has a button. */

document.querySelector("form[data-form-post]")?.requestSubmit();
