// What folds on narrow screens is open on wide ones. The style sheet shows it there anyway, but only
// in newer browsers, and what is closed is hidden from some tools.
const wide = matchMedia("(min-width: 61rem)");
const FOLDS = ".menu, .more-filters, .row-menu";
const fold = () => document.querySelectorAll(FOLDS).forEach((part) => { part.open = wide.matches; });
fold();
wide.addEventListener("change", fold);
document.addEventListener("htmx:afterSettle", fold);

// Popups close by Escape and by a click elsewhere; a long one is searched. The finder opens by Ctrl+K
// or ⌘K on any page.
const popups = () => [...document.querySelectorAll("details:is([data-popup], .row-menu)[open]")]
  .filter((popup) => !wide.matches || !popup.matches(FOLDS));
document.addEventListener("click", (event) => {
  for (const popup of popups()) if (!popup.contains(event.target)) popup.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const popup of popups()) {
    popup.open = false;
    popup.querySelector("summary").focus();
  }
});
for (const field of document.querySelectorAll("[data-filter]")) {
  field.hidden = false;
  field.addEventListener("input", () => {
    for (const item of field.nextElementSibling.children) {
      item.hidden = !item.textContent.toLowerCase().includes(field.value.trim().toLowerCase());
    }
  });
  field.closest("details").addEventListener("toggle", (event) => event.target.open && field.focus());
}

const finder = document.getElementById("finder");
const opener_of_finder = document.querySelector("[data-find]");
const on_mac = navigator.platform.startsWith("Mac");
if (finder && window.htmx) {
  const keys = opener_of_finder.querySelector("kbd");
  keys.textContent = on_mac ? "⌘ K" : "Ctrl K";
  keys.hidden = false;
  const find = async () => {
    if (finder.open) return;
    if (location.pathname === "/find") return document.getElementById("text").focus();
    await htmx.ajax("GET", "/find", { target: "#finder", swap: "innerHTML" });
    if (!finder.firstElementChild) return location.assign("/find");
    finder.querySelector("[data-close]").hidden = false;
    finder.showModal();
    finder.querySelector("textarea").focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    find();
  });
  opener_of_finder.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    find();
  });
  finder.addEventListener("click", (event) => {
    if (event.target === finder || event.target.closest("[data-close]")) {
      event.preventDefault();
      finder.close();
    }
  });
  finder.addEventListener("close", () => finder.replaceChildren());
  // Arrows go through what was found; Enter in the field opens the first.
  finder.addEventListener("keydown", (event) => {
    const links = [...finder.querySelectorAll(".found a")];
    const at = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && links.length) {
      event.preventDefault();
      (links[at + step] ?? finder.querySelector("textarea")).focus();
    } else if (event.key === "Enter" && at < 0 && links.length && !event.shiftKey) {
      event.preventDefault();
      links[0].click();
    }
  });
}
