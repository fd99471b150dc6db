// All that a page does beyond being read: new calls appear in the list as they come.
"use strict";

const MOST_ROWS = 500;

const list = document.getElementById("calls");
if (list?.dataset.events) {
  const events = new EventSource(list.dataset.events);
  let fresh = 0;
  events.onmessage = (event) => {
    // The server has escaped every value in the row.
    const rows = document.createElement("template");
    rows.innerHTML = event.data;
    list.prepend(rows.content);
    while (list.rows.length > MOST_ROWS) list.deleteRow(-1);
    document.getElementById("no-calls")?.remove();
    fresh += 1;
  };
  // One notice now and then, not one a call, for who listens to the page.
  setInterval(() => {
    if (fresh > 0) document.getElementById("live").textContent = `${fresh} new ${fresh === 1 ? "call" : "calls"}`;
    fresh = 0;
  }, 2000);
}
