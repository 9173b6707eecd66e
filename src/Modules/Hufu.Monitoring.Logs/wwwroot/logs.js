// Hufu. The log pages: values of a field in place, a range drawn over the histogram, a query that is given up, events as they come in.
// Each of them is a page without script as well.
(() => {
  "use strict";
  const doc = document;
  const $ = (selector, from = doc) => from.querySelector(selector);
  const $$ = (selector, from = doc) => [...from.querySelectorAll(selector)];

  // A field opens where it stands; the address says so, for whoever gets it.
  doc.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[data-field]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (link.getAttribute("aria-busy")) return;
    link.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(link.dataset.fragment, { headers: { Accept: "text/html" } });
      if (response.redirected || (!response.ok && response.status !== 422)) { location.assign(link.href); return; }
      const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
      const item = link.closest("li");
      item.replaceChildren(...parsed.body.childNodes);
      $("summary", item)?.focus();
      const url = new URL(location.href);
      url.searchParams.append("field", link.dataset.field);
      history.replaceState(null, "", url);
    } catch { location.assign(link.href); }
  });

  // Histogram: arrow keys go from span to span, dragging takes several
  function zoom(plot) {
    const area = $("svg.plot-area", plot), bars = $$("a[href]", area);
    if (!bars.length) return;
    bars[0].setAttribute("tabindex", "0");
    area.addEventListener("keydown", (event) => {
      const at = bars.indexOf(event.target.closest("a")), to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const next = bars[Math.max(0, Math.min(bars.length - 1, to))];
      for (const bar of bars) bar.setAttribute("tabindex", bar === next ? "0" : "-1");
      next.focus();
    });
    const href = (bar) => new URL(bar.getAttribute("href"), location.href);
    const index = (event) => {
      const box = area.getBoundingClientRect();
      return Math.max(0, Math.min(bars.length - 1, Math.floor((event.clientX - box.left) / box.width * bars.length)));
    };
    let first = -1, mark = null, dragged = false;
    const draw = (event) => {
      const at = index(event), [from, to] = [Math.min(first, at), Math.max(first, at)];
      if (!mark) {
        mark = doc.createElementNS("http://www.w3.org/2000/svg", "rect");
        mark.setAttribute("class", "plot-mark");
        mark.setAttribute("y", "0");
        mark.setAttribute("height", area.getAttribute("height"));
        area.append(mark);
      }
      mark.setAttribute("x", `${from * 100 / bars.length}%`);
      mark.setAttribute("width", `${(to - from + 1) * 100 / bars.length}%`);
    };
    const end = () => { mark?.remove(); mark = null; first = -1; };
    area.addEventListener("pointerdown", (event) => { if (event.button === 0 && event.pointerType !== "touch") { first = index(event); dragged = false; } });
    doc.addEventListener("pointermove", (event) => {
      if (first < 0) return;
      if (!dragged && index(event) === first) return;
      dragged = true;
      draw(event);
    });
    doc.addEventListener("pointerup", (event) => {
      if (first < 0) return;
      const [from, to] = [first, index(event)].sort((a, b) => a - b), took = dragged;
      end();
      if (!took) return;
      const target = href(bars[from]);
      target.searchParams.set("to", href(bars[to]).searchParams.get("to"));
      location.assign(target);
    });
    doc.addEventListener("pointercancel", end);
    doc.addEventListener("keydown", (event) => { if (event.key === "Escape") end(); });
    area.addEventListener("dragstart", (event) => event.preventDefault());
    // The click that ends a drag is no click on a bar.
    area.addEventListener("click", (event) => { if (dragged) { event.preventDefault(); dragged = false; } }, true);
  }

  // A query that takes long can be given up: the browser drops the request, and the server stops the query.
  const waiting = $("[data-searching]");
  if (waiting) {
    let timer;
    addEventListener("beforeunload", () => { clearTimeout(timer); timer = setTimeout(() => { waiting.hidden = false; }, 500); });
    addEventListener("pageshow", () => { clearTimeout(timer); waiting.hidden = true; });
    $("[data-searching-cancel]", waiting).addEventListener("click", () => { clearTimeout(timer); window.stop(); waiting.hidden = true; });
  }

  // Live tail
  function tail(box) {
    const body = $("tbody", box), state = $("[data-tail-state]", box), count = $("[data-tail-count]", box), pause = $("[data-tail-pause]", box), clear = $("[data-tail-clear]", box);
    const most = Number(box.dataset.rows), first = new URL(box.dataset.tail, location.href);
    let source = null, skipped = 0, place = first.searchParams.get("at");
    const say = (words, tone) => { state.textContent = words; state.className = `badge badge-${tone}`; };
    const cell = (text, name) => { const td = doc.createElement("td"); td.className = name; td.textContent = text; return td; };
    const row = (item) => {
      const tr = doc.createElement("tr"), last = cell("", "w-grow"), link = doc.createElement("a");
      link.className = "mono wrap";
      link.href = item.href;
      link.textContent = item.message;
      last.append(link);
      tr.dataset.id = item.id;
      tr.append(cell(item.time, "w-fit nowrap"), cell(item.severity, "w-fit"), cell(item.host, "mono"), cell(item.app, "mono"), last);
      return tr;
    };
    const open = () => {
      const url = new URL(first);
      url.searchParams.set("at", place);
      source = new EventSource(url);
      source.onopen = () => say(box.dataset.tOn, "good");
      source.onerror = () => {
        say(box.dataset.tLost, "warn");
        // The browser tries again by itself, except when it was refused.
        if (source?.readyState === EventSource.CLOSED) setTimeout(() => { if (source?.readyState === EventSource.CLOSED) open(); }, 5000);
      };
      source.onmessage = (event) => {
        place = event.lastEventId;
        const step = JSON.parse(event.data);
        skipped += step.skipped;
        if (skipped) count.textContent = box.dataset.tSkipped.replace("{0}", skipped.toLocaleString("en"));
        if (!step.events.length) return;
        body.prepend(...step.events.map(row).reverse());
        while (body.rows.length > most) body.deleteRow(-1);
      };
    };
    const close = () => { source?.close(); source = null; };
    pause.hidden = clear.hidden = false;
    pause.addEventListener("click", () => {
      if (source) { close(); say(box.dataset.tPaused, "warn"); pause.textContent = box.dataset.tResume; } else { open(); pause.textContent = box.dataset.tPause; }
    });
    clear.addEventListener("click", () => { body.replaceChildren(); skipped = 0; count.textContent = ""; });
    addEventListener("pagehide", close);
    addEventListener("pageshow", (event) => { if (event.persisted && !source && pause.textContent === box.dataset.tPause) open(); });
    open();
  }

  // The check of a rule follows what is typed, a moment behind it
  function check(box) {
    const form = doc.getElementById(box.dataset.ruleForm);
    let timer, asking;
    form?.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        asking?.abort();
        asking = new AbortController();
        try {
          const response = await fetch(box.dataset.ruleCheck, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" }, signal: asking.signal });
          if (response.redirected || !response.ok) return;
          box.replaceChildren(...new DOMParser().parseFromString(await response.text(), "text/html").body.childNodes);
        } catch { /* Given up for a newer text, or the server is away: saving says it. */ }
      }, 600);
    });
  }

  $$("[data-zoom]").forEach(zoom);
  $$("[data-rule-check]").forEach(check);
  $$("[data-tail]").forEach(tail);
})();
