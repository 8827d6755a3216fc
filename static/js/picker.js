// Choosing scopes: search, how many are selected, and what that allows; the server says the same.
for (const picker of document.querySelectorAll("[data-picker]")) {
  const boxes = [...picker.querySelectorAll("[data-action]")];
  const every = picker.querySelector("[data-every]");
  const search = picker.querySelector("[data-picker-search]");
  const listed = (names) => names.length < 2 ? names.join("")
    : names.length < 6 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`
    : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
  const included = (box) => box.dataset.includes?.split(" ") ?? [];
  const allowed = (chosen) => {
    const names = new Set(chosen.map((box) => box.value));
    let known = 0;
    while (known < names.size) {
      known = names.size;
      for (const box of boxes) if (names.has(box.value)) for (const name of included(box)) names.add(name);
    }
    return boxes.filter((box) => names.has(box.value));
  };
  const place = (action) => ["read", "write"].indexOf(action) + 1 || 3;
  const say = () => {
    const chosen = boxes.filter((box) => box.checked);
    const by = new Map();
    for (const { dataset: { action, resource } } of allowed(chosen)) {
      by.set(action, (by.get(action) ?? new Set()).add(resource));
    }
    const doings = [...by].sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))
      .map(([action, resources]) => `${action} ${listed([...resources])}`);
    const sentence = every?.checked ? "Can do everything, and whatever is added later."
      : !doings.length ? "Nothing is selected yet."
      : `Can ${doings.length < 2 ? doings[0] : `${doings.slice(0, -1).join(", ")}, and ${doings.at(-1)}`}.`;
    picker.querySelector("[data-picker-count]").textContent = `${chosen.length + Number(!!every?.checked)} selected`;
    picker.querySelector("[data-picker-sentence]").textContent = sentence;
  };
  picker.addEventListener("change", say);
  // Browsers put back what was chosen before one went on.
  addEventListener("pageshow", say);
  search.hidden = boxes.length < 8;
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    let found = 0;
    for (const row of picker.querySelectorAll("li")) {
      const names = [...row.querySelectorAll("input")].map((box) => box.value).join(" ");
      row.hidden = !`${names} ${row.textContent}`.toLowerCase().includes(wanted);
      found += Number(!row.hidden);
    }
    picker.querySelector("[data-picker-none]").textContent = found ? "" : "Nothing found.";
  });
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
