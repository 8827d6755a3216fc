// What was typed survives a failed connection: this tab keeps it from the submit until an answer
// came. Passwords are never kept. The version of an edit is, so that a newer one is noticed.
const kept = (work) => {
  try {
    return work(sessionStorage);
  } catch {
    return null; // The browser keeps nothing.
  }
};
const isChoice = (field) => field.type === "checkbox" || field.type === "radio";
const isKept = (field) => field.name && field.name !== "csrf" && field.type !== "password"
  && !field.matches("[data-secret], button");

document.addEventListener("submit", ({ target: form }) => {
  if (!form.matches("body:not(.bare) form.form") || form.dataset.sent) return;
  const sent = [...form.elements].filter((field) => isKept(field) && (!isChoice(field) || field.checked));
  const fields = sent.map((field) => [field.name, field.value]);
  const page = [location.pathname, form.getAttribute("action"), fields];
  kept((store) => store.setItem("kept", JSON.stringify(page)));
});

function putBack(form, fields) {
  for (const field of [...form.elements].filter(isKept)) {
    const values = fields.filter(([name]) => name === field.name).map(([, value]) => value);
    if (isChoice(field)) field.checked = values.includes(field.value);
    else if (values.length) field.value = values[0];
    if (field.value && !isChoice(field)) field.closest("details")?.setAttribute("open", "");
  }
  for (const type of ["input", "change"]) form.dispatchEvent(new Event(type, { bubbles: true }));
  form.before(Object.assign(document.createElement("p"), {
    className: "notice warn",
    role: "alert",
    textContent: "The form was sent, but no answer arrived. What you typed has been restored. "
      + "Check whether it was saved before sending it again.",
  }));
}

// An answer is a redirect, or a page at the address that the form was sent to. An error is none:
// then it is kept for whoever comes back to the form.
const visit = performance.getEntriesByType("navigation")[0];
if (!(visit?.responseStatus >= 400)) {
  const [path, action, fields] = kept((store) => JSON.parse(store.getItem("kept"))) ?? [];
  const isForm = path === location.pathname && !visit?.redirectCount;
  const form = [...document.querySelectorAll("form.form")]
    .find((own) => isForm && own.getAttribute("action") === action);
  if (form) putBack(form, fields);
  if (form || visit?.redirectCount || action === location.pathname || document.body.matches(".bare")) {
    kept((store) => store.removeItem("kept"));
  }
}
