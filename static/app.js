// What plain HTML can't do: dialogs, the reveal's countdown and copy, and one press per button.
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
  announce(event.detail.value);
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

// The list: the summary of what was found is announced. A secret that was searched for does not
// stay in the field either: the address has what was searched for instead.
let sought = "";
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.id === "filters") sought = event.detail.formData.get("q");
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "results") return;
  announce(document.getElementById("summary").textContent);
  const field = document.getElementById("q");
  const kept = new URLSearchParams(location.search).get("q") ?? "";
  if (field?.value === sought && sought.trim() !== kept) field.value = kept;
});

// A failed connection brings no answer to show, so the failure is shown here.
const unreachable = Object.assign(document.createElement("p"), {
  className: "notice bad",
  role: "alert",
});
for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, () => {
    unreachable.textContent = "Keyward can't be reached. Try again in a moment.";
    (dialog?.open ? dialog : document.getElementById("main")).prepend(unreachable);
  });
}
document.addEventListener("htmx:beforeRequest", () => unreachable.remove());

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

// The reveal: count down, then forget. The wall clock counts too: a laptop may have slept.
const timer = document.querySelector("[data-seconds]");
if (timer) {
  const secret = document.querySelector("[data-secret]");
  const words = timer.querySelector("[data-countdown]");
  const bar = timer.querySelector("progress");
  const time = Number(timer.dataset.seconds) * 1000;
  const [steady, wall] = [performance.now() + time, Date.now() + time];
  const tick = () => {
    const left = Math.min(steady - performance.now(), wall - Date.now());
    if (left <= 0) {
      if (secret) secret.value = "";
      location.replace(location.pathname);
      return;
    }
    const seconds = Math.ceil(left / 1000);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    words.textContent = secret ? `Hidden in ${clock}` : `Can be revealed for ${clock}`;
    bar.value = seconds;
    setTimeout(tick, left % 1000 || 1000);
  };
  tick();
  document.addEventListener("visibilitychange", () => {
    if (wall <= Date.now()) tick();
  });
  if (secret) {
    // A reload asks for the page again, not for the secret.
    history.replaceState(null, "", location.pathname);
    addEventListener("pagehide", () => { secret.value = ""; });
  }
}
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// Says that it copied only if it did; where browsers forbid it, the field is selected instead.
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
