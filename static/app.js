// What plain HTML can't do: dialogs, the reveal's countdown and copy, and one press per button.
"use strict";

const dialog = document.getElementById("dialog");

function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

// Dialogs that htmx fills.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === dialog && !dialog.open) dialog.showModal();
});
document.addEventListener("dialog-done", () => {
  dialog.close();
  announce("Revoked. The next request with this key fails.");
});
document.addEventListener("click", (event) => {
  if (dialog?.open && event.target.closest("[data-close]")) {
    event.preventDefault();
    dialog.close();
  }
});
dialog?.addEventListener("close", () => dialog.replaceChildren());

// What is not filtered by has no place in the URL.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") return;
  const fields = event.detail.formData;
  for (const [name, value] of [...fields]) if (value === "") fields.delete(name);
});

// A failed connection answers nothing, so say it here.
document.addEventListener("htmx:sendError", () => {
  announce("Keyward can't be reached. Nothing was changed.");
});

// A form that is on its way is not sent again; one that was come back to is.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-once") || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});

// The reveal: count down, then forget.
const timer = document.querySelector("[data-seconds]");
if (timer) {
  const secret = document.querySelector("[data-secret]");
  const words = timer.querySelector("[data-countdown]");
  const bar = timer.querySelector("progress");
  const end = performance.now() + Number(timer.dataset.seconds) * 1000;
  const forget = () => {
    if (secret) secret.value = "";
    location.replace(location.pathname);
  };
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left <= 0) return forget();
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    words.textContent = secret ? `Hidden in ${clock}` : `Can be revealed for ${clock}`;
    bar.value = left;
    setTimeout(tick, 1000 - ((performance.now() - end) % 1000) % 1000);
  };
  tick();
  if (secret) {
    // A reload asks for the page again, not for the secret.
    history.replaceState(null, "", location.pathname);
    addEventListener("pagehide", () => { secret.value = ""; });
  }
}
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// Copy says so only when it did; where browsers forbid it, the field is selected instead.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const told = document.querySelector("[data-copied]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    let copied = false;
    try {
      await navigator.clipboard.writeText(field.value);
      copied = true;
    } catch {
      field.select();
      copied = document.execCommand("copy");
    }
    field.select();
    told.textContent = copied ? "Copied." : "Selected. Press Ctrl+C or ⌘C to copy.";
  });
}
