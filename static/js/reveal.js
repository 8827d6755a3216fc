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
