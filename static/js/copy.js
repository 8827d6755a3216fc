// Says that it copied only if it did; where browsers forbid it, the field is selected instead. After
// that, Done is the button to press; leaving before asks once.
const secrets = document.querySelectorAll("[data-secret]");
let copied = false;
for (const row of document.querySelectorAll("[data-copying]")) row.hidden = false;
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const told = document.querySelector("[data-copied]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const before = button.dataset.before ?? "";
    let done = false;
    try {
      await navigator.clipboard.writeText(before + field.value);
      done = true;
    } catch {
      field.select();
      done = !before && document.execCommand("copy");
    }
    field.select();
    told.textContent = done ? "Copied." : "Selected. Press Ctrl+C or ⌘C to copy.";
    copied = true;
    document.querySelector(".primary[data-copy]")?.classList.remove("primary");
    document.querySelector("[data-done]")?.classList.add("primary");
  });
}
addEventListener("beforeunload", (event) => {
  if (copied || ![...secrets].some((field) => field.value)) return;
  copied = true;
  event.preventDefault();
});
