/* An item's page: others see that somebody looks at it; a choice of text fills it in. */
"use strict";

const looked = document.querySelector("[data-look]");
const EVERY = 20000;
const SOON = 2500;
let looks = 0;

function look(deed) {
  const form = new FormData();
  form.append("csrf", document.querySelector('input[name="csrf"]').value);
  form.append("do", deed);
  fetch(looked.dataset.look, { method: "POST", body: form, keepalive: true }).catch(() => {});
}

function stay() {
  clearInterval(looks);
  look("stay");
  // The page before, if it was of the same item, may say only now that it was left.
  setTimeout(() => { if (!document.hidden) look("stay"); }, SOON);
  looks = setInterval(() => look("stay"), EVERY);
}

function leave() {
  clearInterval(looks);
  look("leave");
}

if (looked) {
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : stay()));
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => { if (event.persisted) stay(); });
  if (!document.hidden) stay();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
