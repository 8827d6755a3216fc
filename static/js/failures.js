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
