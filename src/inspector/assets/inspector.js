// All that a page does beyond being read: new calls appear in the list as they come, and the timeline is zoomed in place.
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

if (document.getElementById("timeline")) {
  const picture = () => document.getElementById("timeline");
  const edges = () => [Number(picture().dataset.from), Number(picture().dataset.to)];
  let asked = 0;

  // The server draws; what it says of another part of the run is put in place of this one.
  const show = async (url) => {
    asked += 1;
    const number = asked;
    const answer = await fetch(url);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (number !== asked) return;
    if (!answer.ok || !page.getElementById("timeline")) return location.assign(url);
    const focused = document.activeElement?.id;
    const within = picture().contains(document.activeElement);
    for (const id of ["timeline", "zoom"]) document.getElementById(id).replaceWith(page.getElementById(id));
    for (const id of ["from", "to"]) document.getElementById(id).value = page.getElementById(id).value;
    if (within) picture().focus({ preventScroll: true });
    else if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    history.replaceState(null, "", url);
  };
  const showPart = (from, to) => {
    const url = new URL(location.href);
    const start = Math.max(0, from);
    url.searchParams.set("from", start.toFixed(3));
    url.searchParams.set("to", (start + to - from).toFixed(3));
    return show(url);
  };
  for (const hint of document.querySelectorAll(".scripted")) hint.hidden = false;

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#zoom a:not([download]), #timeline a");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const url = new URL(link.getAttribute("href"), location.href);
    if (url.pathname !== location.pathname || url.hash || !url.searchParams.has("from") && link.id !== "zoom-all") return;
    event.preventDefault();
    show(url);
  });

  const keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "earlier", ArrowRight: "later", 0: "all" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.closest?.("#timeline") || !keys[event.key]) return;
    event.preventDefault();
    document.getElementById(`zoom-${keys[event.key]}`)?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  });

  document.addEventListener("wheel", (event) => {
    const drawn = event.target.closest?.(".picture");
    if (!drawn || !event.ctrlKey) return;
    event.preventDefault();
    const [from, to] = edges();
    const box = drawn.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const factor = event.deltaY < 0 ? 0.8 : 1.25;
    const middle = from + share * (to - from);
    showPart(middle - share * factor * (to - from), middle + (1 - share) * factor * (to - from));
  }, { passive: false });

  let dragged = null;
  let ended = -Infinity;
  // The click that comes with the end of a drag is none.
  document.addEventListener("click", (event) => { if (event.timeStamp - ended < 50) event.preventDefault(); }, { capture: true });
  document.addEventListener("pointerdown", (event) => {
    const drawn = event.target.closest?.(".picture");
    if (drawn && event.button === 0 && event.pointerType === "mouse") dragged = { drawn, x: event.clientX, moved: 0 };
  });
  document.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    dragged.moved = event.clientX - dragged.x;
    dragged.drawn.classList.toggle("dragged", Math.abs(dragged.moved) > 4);
  });
  document.addEventListener("pointerup", (event) => {
    if (dragged && Math.abs(dragged.moved) > 4) {
      const [from, to] = edges();
      const by = dragged.moved / dragged.drawn.getBoundingClientRect().width * (to - from);
      showPart(from - by, to - by);
      ended = event.timeStamp;
    }
    dragged?.drawn.classList.remove("dragged");
    dragged = null;
  });
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.(".picture")) event.preventDefault(); });
}
