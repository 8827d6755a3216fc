// Dialogs that htmx fills, and what is announced.
"use strict";

const dialog = document.getElementById("dialog");

function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

// Dialogs that htmx fills. The first invalid field gets the focus, or else the link that cancels.
let opener = null;
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== dialog) return;
  if (!dialog.open) {
    opener = document.activeElement;
    dialog.showModal();
  }
  dialog.querySelector("[aria-invalid]")?.focus();
});
document.addEventListener("dialog-done", (event) => {
  const row = opener?.closest("tr")?.id;
  dialog.close();
  toast(event.detail.value);
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelector(`#${row} a`)?.focus();
  }, { once: true });
});
document.addEventListener("click", (event) => {
  if (dialog?.open && event.target.closest("[data-close]")) {
    event.preventDefault();
    dialog.close();
  }
});
dialog?.addEventListener("close", () => dialog.replaceChildren());
