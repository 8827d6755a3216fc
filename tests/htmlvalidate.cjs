// html-validate for the pages of the console: what it recommends.
module.exports = {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Checkboxes of one group share a name: the form sends it once for each that is chosen.
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "submit", "button", "reset"] }],
    // Without scripts, a page with a revealed secret gives way to another when its time is over. It
    // says so, and more time would be less safe.
    "meta-refresh": "off",
  },
};
