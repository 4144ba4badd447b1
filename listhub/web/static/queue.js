/* Keys of the queue: j and k go through it, x ticks, o opens; what decides is in
 * moderation.js, and means the entry that one is at where nothing is ticked.
 */
"use strict";

const KEPT_PLACE = "listhub-queue-place";
const entries = [...document.querySelectorAll(".entry")];
let here = null;

function goTo(entry) {
  if (!entry) return;
  if (here) here.classList.remove("here");
  here = entry;
  here.classList.add("here");
  here.querySelector(".what").focus();
  here.scrollIntoView({ block: "nearest" });
}

function ticked() {
  return document.querySelectorAll('input[name="id"]:checked').length > 0
    || document.querySelector('input[name="whole"]:checked') !== null;
}

/* After a decision the next entry that stays is where one goes on. */
function keepPlace() {
  const from = here ? entries.indexOf(here) : 0;
  const stays = (entry) => !entry.querySelector('input[name="id"]').checked;
  const next = entries.slice(from).find(stays) || entries.slice(0, from).reverse().find(stays);
  if (next) sessionStorage.setItem(KEPT_PLACE, next.dataset.id);
}

const steps = {
  j: () => goTo(here ? entries[entries.indexOf(here) + 1] : entries[0]),
  k: () => goTo(here ? entries[entries.indexOf(here) - 1] : entries[0]),
  x: () => {
    const box = here && here.querySelector('input[name="id"]:not(:disabled)');
    if (box) box.click();
  },
  o: () => { if (here) here.querySelector(".what").click(); },
};

document.addEventListener("keydown", (event) => {
  if (!forThePage(event)) return;
  const step = steps[event.key];
  if (step) {
    event.preventDefault();
    step();
    return;
  }
  if (!"ards".includes(event.key) || event.repeat) return;
  if (!ticked() && here) steps.x();
  // At what somebody decides already there is nothing to send.
  if (ticked()) keepPlace();
  else event.preventDefault();
});

document.addEventListener("focusin", (event) => {
  const entry = event.target.closest(".entry");
  if (!entry || entry === here) return;
  if (here) here.classList.remove("here");
  here = entry;
  here.classList.add("here");
});

const kept = sessionStorage.getItem(KEPT_PLACE);
sessionStorage.removeItem(KEPT_PLACE);
if (kept) goTo(entries.find((entry) => entry.dataset.id === kept));
