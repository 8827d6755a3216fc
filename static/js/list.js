// Lists. What was found is announced. A secret that was searched for does not stay in the field:
// the address has what was searched for instead. A filter that failed goes back to what is shown;
// one that was overtaken by the next does not, for the next sends it along.
const filters = document.getElementById("filters");
const chosen = () => [...filters.querySelectorAll("select")].map((select) => [select, select.value]);
let settled = filters ? chosen() : [];
let sought = "";
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt !== filters) return;
  sought = event.detail.formData.get("q");
  document.getElementById("results").setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt !== filters) return;
  document.getElementById("results").removeAttribute("aria-busy");
  if (event.detail.successful) settled = chosen();
});
for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(failure, (event) => {
    if (event.detail.elt !== filters) return;
    for (const [select, value] of settled) select.value = value;
  });
}
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "results") return;
  announce(document.getElementById("summary").textContent);
  showSelected();
  const field = document.getElementById("q");
  const kept = new URLSearchParams(location.search).get("q") ?? "";
  if (field?.value === sought && sought.trim() !== kept) field.value = kept;
});

// One search is one entry of the history, however often one pauses while typing it.
document.getElementById("q")?.addEventListener("input", () => {
  document.addEventListener("htmx:afterSettle", () => {
    filters.removeAttribute("hx-push-url");
    filters.setAttribute("hx-replace-url", "true");
  }, { once: true });
});
for (const end of ["change", "blur"]) {
  filters?.addEventListener(end, () => {
    filters.setAttribute("hx-push-url", "true");
    filters.removeAttribute("hx-replace-url");
  }, true);
}

// Rows that are selected.
const rows = () => [...document.querySelectorAll(".select input[name]")];
function showSelected() {
  const all = document.querySelectorAll("[data-select-all]");
  for (const box of all) box.hidden = false;
  const count = rows().filter((row) => row.checked).length;
  const words = document.querySelector("[data-selected]");
  if (words) words.textContent = count ? `${count} selected` : "";
}
showSelected();
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-select-all]");
  if (all) {
    const own = all.closest("table").querySelectorAll(".select input[name]");
    for (const row of own) row.checked = all.checked;
  }
  showSelected();
});
