// Choosing scopes: search, how many are selected, and what that allows; the server says the same.
for (const picker of document.querySelectorAll("[data-picker]")) {
  const boxes = [...picker.querySelectorAll("[data-action]")];
  const every = picker.querySelector("[data-every]");
  const search = picker.querySelector("[data-picker-search]");
  const listed = (names) => names.length < 2 ? names.join("")
    : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const place = (action) => ["read", "write"].indexOf(action) + 1 || 3;
  const say = () => {
    const chosen = boxes.filter((box) => box.checked);
    const by = new Map();
    for (const { dataset: { action, resource } } of chosen) by.set(action, [...by.get(action) ?? [], resource]);
    const doings = [...by].sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))
      .map(([action, resources]) => `${action} ${listed(resources)}`);
    const sentence = every?.checked ? "Can do everything, and whatever is added later."
      : !doings.length ? "Nothing is selected yet."
      : `Can ${doings.length < 2 ? doings[0] : `${doings.slice(0, -1).join(", ")}, and ${doings.at(-1)}`}.`;
    picker.querySelector("[data-picker-count]").textContent = `${chosen.length + Number(!!every?.checked)} selected`;
    picker.querySelector("[data-picker-sentence]").textContent = sentence;
  };
  picker.addEventListener("change", say);
  search.hidden = boxes.length < 8;
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const row of picker.querySelectorAll("li")) {
      const names = [...row.querySelectorAll("input")].map((box) => box.value).join(" ");
      row.hidden = !`${names} ${row.textContent}`.toLowerCase().includes(wanted);
    }
  });
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
