// What was just done is shown for a while and announced. It stays while the pointer or the focus is
// on it.
function toast(text) {
  document.querySelector(".toast")?.remove();
  const shown = Object.assign(document.createElement("p"), { className: "toast", textContent: text });
  document.getElementById("main").append(shown);
  announce(text);
  const leave = () => shown.matches(":hover") ? setTimeout(leave, 2000) : shown.remove();
  setTimeout(leave, 8000);
}
const done = document.querySelector("[data-toast]");
if (done) {
  done.remove();
  setTimeout(() => toast(done.textContent), 100);
}
