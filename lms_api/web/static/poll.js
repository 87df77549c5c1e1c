/* Elements with data-poll-seconds get a "poll" event that often, but only while somebody can see the page. */
"use strict";
const due = new WeakMap();
setInterval(() => {
  if (document.visibilityState !== "visible") return;
  for (const element of document.querySelectorAll("[data-poll-seconds]")) {
    const at = due.get(element) ?? performance.now() + 1000 * element.dataset.pollSeconds;
    if (performance.now() < at) {
      due.set(element, at);
    } else {
      due.delete(element);
      element.dispatchEvent(new Event("poll"));
    }
  }
}, 500);
