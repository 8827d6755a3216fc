// The reveal: count down, then forget. The wall clock counts too: a laptop may have slept.
const timer = document.querySelector("[data-seconds]");
if (timer) {
  const shown = document.querySelectorAll("[data-secret]");
  const forget = () => shown.forEach((field) => { field.value = ""; });
  const words = timer.querySelector("[data-countdown]");
  const bar = timer.querySelector("progress");
  const time = Number(timer.dataset.seconds) * 1000;
  const [steady, wall] = [performance.now() + time, Date.now() + time];
  const tick = () => {
    const left = Math.min(steady - performance.now(), wall - Date.now());
    if (left <= 0) {
      forget();
      location.replace(location.pathname);
      return;
    }
    const seconds = Math.ceil(left / 1000);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    words.textContent = shown.length ? `Hidden in ${clock}` : `Can be revealed for ${clock}`;
    bar.value = seconds;
    setTimeout(tick, left % 1000 || 1000);
  };
  tick();
  document.addEventListener("visibilitychange", () => {
    if (wall <= Date.now()) tick();
  });
  if (shown.length) {
    // A reload asks for the page again, not for the secret.
    history.replaceState(null, "", location.pathname);
    addEventListener("pagehide", forget);
  }
}
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
