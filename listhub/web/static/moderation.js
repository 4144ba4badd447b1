/* Moderation, faster: news of what others do, time left to undo, and keys.
 *
 * [data-live] is asked (and [data-events] streamed) for where requests stand; the words
 * come from the server and are put in as text.  [data-key="a"] is clicked by that key.
 * Everything works without this.
 */
"use strict";

/* --- what others do --------------------------------------------------------------- */

const live = document.querySelector("[data-live]");
const told = document.getElementById("told");
let mark = "";
let source = null;
let timer = 0;
let pause = 5000;

function tell(text) {
  if (told) told.textContent = text;
}

function show(request) {
  const place = document.querySelector(`[data-id="${Number(request.id)}"]`);
  const state = place && place.querySelector("[data-state]");
  if (!state) return;
  place.classList.toggle("gone", !request.open);
  const box = place.querySelector('input[name="id"]');
  if (box) {
    box.disabled = !request.open;
    if (!request.open) box.checked = false;
  }
  const before = state.textContent.trim();
  state.replaceChildren(...request.phrases.flatMap((phrase) => {
    const badge = document.createElement("span");
    badge.className = phrase.tone === "warn" || phrase.tone === "well" ? `badge ${phrase.tone}` : "badge";
    badge.textContent = phrase.text;
    return [badge, " "];
  }));
  const now = state.textContent.trim();
  if (request.decided && now !== before) {
    const what = place.querySelector(".what, h1");
    tell(what ? `${what.textContent.trim()}: ${now}` : now);
  }
}

function take(answer) {
  mark = answer.mark;
  answer.requests.forEach(show);
}

function poll(wait = pause) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    try {
      const answer = await fetch(`${live.dataset.live}&since=${encodeURIComponent(mark)}`, { redirect: "error" });
      if (answer.status === 200) take(await answer.json());
      // Whoever may not ask any more need not ask again.
      else if (answer.status !== 204 && answer.status < 500) return;
      pause = 5000;
    } catch {
      pause = Math.min(pause * 2, 60000);
    }
    poll();
  }, wait);
}

function follow() {
  let failures = 0;
  const began = new EventSource(live.dataset.events);
  source = began;
  const giveUp = () => {
    if (source !== began) return;
    stop();
    poll(0);
  };
  // A server between us may keep everything back: then nothing comes at all.
  const patience = setTimeout(giveUp, 8000);
  began.addEventListener("message", (event) => {
    clearTimeout(patience);
    failures = 0;
    take(JSON.parse(event.data));
  });
  began.addEventListener("error", () => {
    failures += 1;
    if (began.readyState === EventSource.CLOSED || failures > 3) {
      clearTimeout(patience);
      giveUp();
    }
  });
}

function stop() {
  clearTimeout(timer);
  if (source) source.close();
  source = null;
}

if (live) {
  // A browser has few connections to one site: pages that nobody sees give theirs back.
  document.addEventListener("visibilitychange", () => {
    stop();
    if (!document.hidden) follow();
  });
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
  if (!document.hidden) follow();
}

/* --- time to undo ------------------------------------------------------------------ */

const bars = [...document.querySelectorAll("[data-undo]")].map((bar) => (
  { bar, ends: performance.now() + Number(bar.dataset.undo) * 1000 }));

function count() {
  for (const { bar, ends } of bars) {
    const left = Math.ceil((ends - performance.now()) / 1000);
    bar.querySelector("[data-left]").textContent = left > 0 ? `(${left})` : "";
    if (left > 0 || !("single" in bar.dataset)) continue;
    bar.classList.add("over");
    bar.querySelector("button").disabled = true;
  }
  if (bars.some(({ ends }) => ends > performance.now())) setTimeout(count, 250);
}

if (bars.length) count();

/* --- keys --------------------------------------------------------------------------- */

const KEPT = "listhub-keys";
const dialog = document.getElementById("keys");
const keysOn = document.querySelector("[data-keys-on]");

if (dialog) {
  document.querySelector(".keys-hint").hidden = false;
  document.querySelector("[data-keys-open]").addEventListener("click", () => dialog.showModal());
  keysOn.checked = localStorage.getItem(KEPT) !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem(KEPT, keysOn.checked ? "on" : "off"));
}

/* Tells whether a key is meant for the page, and not for a field or a menu. */
function forThePage(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  if (event.target.closest('input:not([type="checkbox"]):not([type="radio"]), textarea, select, dialog[open], [contenteditable]')) return false;
  return !keysOn || keysOn.checked || event.key === "?";
}

document.addEventListener("keydown", (event) => {
  if (!forThePage(event)) return;
  if (event.key === "?" && dialog) {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  if (!/^[a-z]$/.test(event.key)) return;
  const button = document.querySelector(`[data-key="${event.key}"]:not(:disabled)`);
  // A key held down must not decide a whole queue.
  if (!button || event.repeat) return;
  event.preventDefault();
  button.click();
});
