// The exact time behind a relative one: in UTC, or in the zone of the browser for those who chose
// that. The offset is always shown.
{
  const is_local = document.body.dataset.times === "browser";
  const two = (number) => String(number).padStart(2, "0");
  const exact = (at) => {
    if (!is_local) return at.toISOString().replace("T", " ").replace(/\.\d+Z/, " UTC");
    const offset = -at.getTimezoneOffset();
    const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
    const zone = offset ? `UTC${offset < 0 ? "−" : "+"}${two(hours)}:${two(minutes)}` : "UTC";
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `
      + `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${zone}`;
  };
  const show = () => {
    for (const time of document.querySelectorAll("time[datetime]:not([data-shown])")) {
      time.dataset.shown = "";
      const text = exact(new Date(time.dateTime));
      if ("exact" in time.dataset) time.textContent = text;
      else time.title = text;
    }
  };
  show();
  new MutationObserver(show).observe(document.body, { childList: true, subtree: true });
}
