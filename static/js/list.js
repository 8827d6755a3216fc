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
