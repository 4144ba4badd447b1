/* Pages of operators that renew themselves: what is open stays open, and a page that
 * cannot be renewed (signed out, the database away) is left as it was. */
"use strict";

(() => {
  let open = [];

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (!target || target.id !== "live") return;
    if (!xhr.responseText.includes('id="live"')) event.detail.shouldSwap = false;
    open = [...target.querySelectorAll("details[open][id]")].map((each) => each.id);
  });

  document.addEventListener("htmx:afterSwap", () => {
    open.forEach((id) => {
      const found = document.getElementById(id);
      if (found) found.open = true;
    });
  });
})();
