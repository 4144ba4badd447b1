/* What makes pages faster; every page works without it.
 *
 * Links and forms inside [hx-boost] are htmx's.  Here: a form is sent once, whatever
 * is clicked twice; the focus goes to what is new; `data-all` ticks all boxes.
 */
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  // Whoever gets a file stays on the page, and may want it again.
  if (form.method.toLowerCase() !== "post" || "file" in form.dataset) return;
  form.dataset.sent = "yes";
  // The button's own name and value are read after this handler: disable it later.
  setTimeout(() => form.querySelectorAll("button").forEach((b) => { b.disabled = true; }));
});

/* Come back by "back", a form may be sent again. */
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((b) => { b.disabled = false; });
  });
});

document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-all]");
  if (!all) return;
  document.querySelectorAll(`input[name="${all.dataset.all}"]`).forEach((box) => {
    box.checked = all.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  });
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target && event.detail.target.id === "main") {
    document.getElementById("main").focus({ preventScroll: true });
  }
});
