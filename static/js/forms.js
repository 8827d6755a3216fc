// What was just done is shown once: a reload doesn't show it again.
if (new URLSearchParams(location.search).has("done")) {
  history.replaceState(null, "", location.pathname + location.hash);
}

// A refused form starts at its first error, unless its page says where to start.
const wrong = document.querySelector("main [autofocus]")
  ?? document.querySelector("main [aria-invalid]");
(wrong?.matches("fieldset") ? wrong.querySelector("input") : wrong)?.focus();

// A form is not sent twice, unless the first attempt seems lost.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-once") || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 5000);
});
