// Hufu. Behaviour over pages that already work: keys, palette, pickers, drafts. No framework, no build.
// Two rules hold everywhere: nothing happens while an input method composes, and no input is written while it has the focus.
(() => {
  "use strict";
  const doc = document, root = doc.documentElement;
  const $ = (selector, from = doc) => from.querySelector(selector);
  const $$ = (selector, from = doc) => [...from.querySelectorAll(selector)];
  const text = (key, ...args) => args.reduce((words, arg, i) => words.replace(`{${i}}`, arg), doc.body.dataset["t" + key[0].toUpperCase() + key.slice(1)] ?? "");
  const make = (tag, props = {}, ...children) => {
    const element = doc.createElement(tag);
    for (const [name, value] of Object.entries(props)) if (value !== null && value !== undefined) name in element ? element[name] = value : element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const typing = (element) => element?.matches?.("input:not([type=checkbox],[type=radio],[type=button],[type=submit],[type=reset]), textarea, select, [contenteditable]");
  const later = (wait, work) => { let timer; return (...args) => { clearTimeout(timer); timer = setTimeout(() => work(...args), wait); }; };
  // keyCode 229 marks keys that an input method has taken on browsers that end the composition first.
  const composing = (event) => event.isComposing || event.keyCode === 229;
  const safeUrl = (url) => { try { return /^https?:$/.test(new URL(url, location.href).protocol); } catch { return false; } };
  const cookie = (name, value) => { doc.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`; };

  // Toasts
  const toasts = $("#toasts");
  function toast(words, tone = "info") {
    const body = make("div", { className: "notice-body" }, words);
    show(make("div", { className: `notice notice-${tone}`, role: tone === "bad" ? "alert" : "status" }, body));
  }
  function show(notice) {
    toasts?.append(notice);
    if (!notice.matches(".notice-bad, .notice-critical, .notice-warn")) setTimeout(() => notice.remove(), 6000);
  }

  // Confirming
  async function confirmed(question) {
    const dialog = $("#confirm");
    if (!dialog?.showModal) return window.confirm(question);
    $("#confirm-text", dialog).textContent = question;
    dialog.returnValue = "no";
    dialog.showModal();
    await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
    return dialog.returnValue === "yes";
  }

  // A list of suggestions under an input, after the ARIA 1.2 combobox pattern
  class Suggestions {
    constructor(input, list, load, choose) {
      Object.assign(this, { input, list, load, choose, items: [], at: -1, turn: 0 });
      const ask = later(120, () => this.ask());
      input.addEventListener("input", (event) => { if (!event.isComposing) ask(); });
      input.addEventListener("compositionend", ask);
      input.addEventListener("keydown", (event) => this.key(event));
      list.addEventListener("mousedown", (event) => event.preventDefault());
      list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.take(Number(option.dataset.index), event.ctrlKey || event.metaKey);
      });
    }
    async ask() {
      const turn = ++this.turn;
      let items;
      try { items = await this.load(this.input.value.trim()); } catch { items = null; }
      if (turn === this.turn) this.draw(items);
    }
    draw(items) {
      this.items = items ?? [];
      this.at = this.items.length ? 0 : -1;
      let group;
      this.list.replaceChildren(...this.items.flatMap((item, index) => {
        const option = make("div", { className: "option", role: "option", id: `${this.list.id}-${index}` }, make("span", { className: "clip" }, item.label ?? item.title ?? ""));
        option.dataset.index = index;
        if (item.subtitle) option.append(make("small", {}, item.subtitle));
        const heading = item.group && item.group !== group ? [make("div", { className: "option-group", role: "presentation" }, item.group)] : [];
        group = item.group;
        return [...heading, option];
      }));
      if (!this.items.length) this.list.append(make("div", { className: "option-group" }, items ? text("none") : text("failed")));
      // An answer that comes after something was chosen must not cover what stands below.
      this.open(doc.activeElement === this.input);
      this.mark();
    }
    open(yes) {
      if (this.list.dataset.float !== undefined) this.list.hidden = !yes;
      this.input.setAttribute("aria-expanded", String(yes));
    }
    mark() {
      for (const option of $$("[role=option]", this.list)) {
        const on = Number(option.dataset.index) === this.at;
        option.setAttribute("aria-selected", String(on));
        if (on) { option.scrollIntoView({ block: "nearest" }); this.input.setAttribute("aria-activedescendant", option.id); }
      }
      if (this.at < 0) this.input.removeAttribute("aria-activedescendant");
    }
    key(event) {
      if (composing(event)) return;
      const open = this.list.dataset.float === undefined || !this.list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!open) { this.ask(); return; }
        const count = this.items.length;
        if (count) this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + count) % count;
        this.mark();
      } else if (event.key === "Enter" && open && this.at >= 0) {
        event.preventDefault();
        this.take(this.at, event.ctrlKey || event.metaKey);
      } else if (event.key === "Escape" && open && this.list.dataset.float !== undefined) {
        event.stopPropagation();
        event.preventDefault();
        this.open(false);
      }
    }
    take(index, aside) { const item = this.items[index]; if (item) { this.open(false); this.choose(item, aside); } }
  }
  async function getJson(url, words) {
    const response = await fetch(`${url}${url.includes("?") ? "&" : "?"}q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    const found = await response.json();
    return Array.isArray(found) ? found : found.items ?? [];
  }

  // Palette
  const palette = $("#palette");
  let paletteList;
  function openPalette() {
    if (!palette?.showModal || palette.open) return;
    const input = $("input", palette);
    paletteList ??= new Suggestions(input, $("#palette-list"), (words) => getJson(palette.dataset.searchUrl, words), (item, aside) => {
      if (!safeUrl(item.url)) return;
      aside ? window.open(item.url, "_blank", "noopener") : location.assign(item.url);
    });
    input.value = "";
    palette.showModal();
    input.focus();
    paletteList.ask();
  }

  // Pickers: the text field becomes a search box; what is picked stands before it as chips with hidden fields
  function picker(box) {
    const plain = $("input", box);
    if (!plain || box.dataset.ready) return;
    box.dataset.ready = "";
    const { name, url } = box.dataset, many = box.dataset.multiple !== undefined, required = plain.required;
    const list = make("div", { className: "listbox", role: "listbox", id: `${plain.id}-list`, hidden: true });
    list.dataset.float = "";
    list.setAttribute("aria-label", plain.labels?.[0]?.textContent ?? "");
    plain.blur();
    plain.value = "";
    plain.removeAttribute("name");
    for (const [key, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) plain.setAttribute(key, value);
    const settle = () => {
      const count = $$(".chip", box).length;
      plain.required = required && !count;
      plain.hidden = !many && count > 0;
    };
    const add = (value, label) => {
      if ($$(".chip input", box).some((hidden) => hidden.value === value)) return;
      const remove = make("button", { type: "button", "aria-label": `${text("remove")} ${label}` }, "×");
      const chip = make("span", { className: "chip" }, make("span", { className: "clip" }, label), make("input", { type: "hidden", name, value }), remove);
      remove.addEventListener("click", () => { chip.remove(); settle(); plain.focus(); changed(box); });
      box.insertBefore(chip, plain);
      settle();
    };
    for (const [value, label] of JSON.parse(box.dataset.picked || "[]")) add(value, label);
    const search = new Suggestions(plain, list, (words) => getJson(url, words), (item) => {
      plain.blur();
      plain.value = "";
      add(String(item.value), item.label ?? item.title ?? item.value);
      many ? plain.focus() : $(".chip button", box)?.focus();
      changed(box);
    });
    plain.addEventListener("focus", () => { if (!many) search.ask(); });
    plain.addEventListener("blur", () => search.open(false));
    plain.addEventListener("keydown", (event) => {
      if (!composing(event) && event.key === "Backspace" && plain.value === "") { const last = $$(".chip", box).at(-1); if (last) { last.remove(); settle(); changed(box); } }
    });
    box.append(list);
    settle();
  }
  const changed = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

  // Lists: a cursor that j and k move, check boxes with ranges, columns
  let cursor = null, lastPick = null;
  const rowsOf = (list) => $$("tbody tr", list).filter((row) => row.offsetParent);
  function moveCursor(step) {
    const rows = rowsOf(cursor?.isConnected ? cursor.closest("[data-list]") : $("[data-list]") ?? doc);
    if (!rows.length) return;
    const at = rows.indexOf(cursor);
    cursor?.classList.remove("cursor");
    cursor = rows[Math.max(0, Math.min(rows.length - 1, at + step))] ?? rows[0];
    cursor.classList.add("cursor");
    cursor.scrollIntoView({ block: "nearest" });
    $("th a, input.pick", cursor)?.focus({ preventScroll: true });
  }
  function countPicks(list) {
    const picks = $$("input.pick", list), on = picks.filter((pick) => pick.checked).length, all = $("[data-select-all]", list), words = $("[data-selected]", list);
    if (all) { all.checked = on > 0 && on === picks.length; all.indeterminate = on > 0 && on < picks.length; }
    if (words && on) words.textContent = text("selected", on);
  }

  // Forms: unsaved changes and drafts
  const dirty = new Set();
  async function saveDraft(form) {
    const data = new FormData(form);
    for (const field of $$("input[type=file], input[type=password]", form)) data.delete(field.name);
    const note = $("[data-draft-note]", form);
    try {
      const response = await fetch(form.dataset.draftUrl, { method: "POST", body: data, headers: { Accept: "application/json" } });
      if (note) note.textContent = response.ok ? `${text("saved")} ${new Date().toTimeString().slice(0, 5)}` : text("failed");
    } catch { if (note) note.textContent = text("failed"); }
  }
  function watch(form) {
    if (form.dataset.watched) return;
    form.dataset.watched = "";
    const draft = form.dataset.draftUrl && later(1500, () => { if (dirty.has(form)) saveDraft(form); });
    const touch = (event) => { if (!event.target.matches("[role=combobox]")) { dirty.add(form); draft?.(); } };
    form.addEventListener("input", (event) => { if (!event.isComposing) touch(event); });
    form.addEventListener("compositionend", touch);
    form.addEventListener("change", touch);
    form.addEventListener("submit", () => dirty.delete(form));
  }

  // Relative times
  const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
  function relative() {
    const format = new Intl.RelativeTimeFormat(root.lang.startsWith("en") ? "en" : "zh-TW", { numeric: "auto" });
    for (const time of $$("time[data-relative]")) {
      const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
      if (Number.isNaN(seconds) || Math.abs(seconds) > 2592000) continue;
      const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
      time.textContent = format.format(Math.trunc(seconds / size), unit);
    }
  }

  // One listener for each kind of event
  doc.addEventListener("click", async (event) => {
    const target = event.target;
    for (const menu of $$("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
    const hit = (selector) => target.closest?.(selector);
    let element;
    if ((element = hit("[data-confirm]")) && !element.dataset.sure) {
      event.preventDefault();
      if (await confirmed(element.dataset.confirm)) { element.dataset.sure = "1"; element.click(); delete element.dataset.sure; }
    } else if ((element = hit("[data-dialog]"))) {
      $("#" + CSS.escape(element.dataset.dialog))?.showModal();
    } else if ((element = hit("[data-copy]"))) {
      if (!event.ctrlKey && !event.metaKey) event.preventDefault();
      try { await navigator.clipboard.writeText(element.dataset.copy); toast(text("copied"), "good"); } catch { toast(text("failed"), "bad"); }
    } else if ((element = hit("[data-dismiss]"))) {
      element.closest(".notice")?.remove();
    } else if ((element = hit("[data-theme-switch]"))) {
      event.preventDefault();
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      cookie("hufu-theme", root.dataset.theme);
    } else if ((element = hit("button[data-density]"))) {
      root.dataset.density = element.dataset.density;
      cookie("hufu-density", element.dataset.density);
    } else if ((element = hit("dialog")) === target && element.open && element.id !== "confirm") {
      element.close();
    } else if ((element = hit("tbody tr[data-href]")) && !hit("a, button, input, label, summary, select") && !String(getSelection())) {
      event.ctrlKey || event.metaKey ? window.open(element.dataset.href, "_blank", "noopener") : location.assign(element.dataset.href);
    }
    if ((element = hit("input.pick"))) {
      const list = element.closest("[data-list]"), picks = $$("input.pick", list);
      if (event.shiftKey && lastPick && picks.includes(lastPick)) {
        const [from, to] = [picks.indexOf(lastPick), picks.indexOf(element)].sort((a, b) => a - b);
        for (const pick of picks.slice(from, to + 1)) pick.checked = element.checked;
      }
      lastPick = element;
      countPicks(list);
    }
  });
  doc.addEventListener("change", (event) => {
    const target = event.target;
    if (target.matches("[data-select-all]")) {
      const list = target.closest("[data-list]");
      for (const pick of $$("input.pick", list)) pick.checked = target.checked;
      countPicks(list);
    } else if (target.matches("[data-autosubmit]")) {
      target.form?.requestSubmit();
    }
  });
  doc.addEventListener("reset", (event) => setTimeout(() => { const list = event.target.closest?.("[data-list]"); if (list) countPicks(list); }));
  doc.addEventListener("focusin", (event) => {
    const row = event.target.closest?.("[data-list] tbody tr");
    if (row && row !== cursor) { cursor?.classList.remove("cursor"); cursor = row; row.classList.add("cursor"); }
  });
  doc.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    const target = event.target, ctrl = event.ctrlKey || event.metaKey;
    if (ctrl && event.key.toLowerCase() === "k" && !event.altKey && !event.shiftKey) { event.preventDefault(); openPalette(); return; }
    if (ctrl && event.key === "Enter" && target.form && target.closest("form[data-dirty]")) { event.preventDefault(); target.form.requestSubmit(); return; }
    if (event.key === "Escape") {
      for (const menu of $$("details.menu[open]")) { menu.open = false; $("summary", menu)?.focus(); }
      if (target.matches("[data-find]")) target.blur();
      return;
    }
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && target.closest?.("details.menu[open]")) {
      const menu = target.closest("details.menu"), items = $$(".menu-item", menu), at = items.indexOf(target);
      event.preventDefault();
      items.at((at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1)) % items.length)?.focus();
      return;
    }
    if (ctrl || event.altKey || typing(target) || $("dialog[open]")) return;
    switch (event.key) {
      case "j": moveCursor(1); break;
      case "k": moveCursor(-1); break;
      case "x": { const pick = cursor?.isConnected && $("input.pick", cursor); if (pick) { pick.checked = !pick.checked; lastPick = pick; countPicks(pick.closest("[data-list]")); } break; }
      case "Enter":
        // On a row's check box Enter would send the bulk form.
        if (!cursor?.isConnected || !cursor.contains(target) || !target.matches("input") || !cursor.dataset.href) return;
        location.assign(cursor.dataset.href);
        break;
      case "/": { const find = $("[data-find]"); if (!find) { openPalette(); break; } find.focus(); find.select?.(); break; }
      case "?": $("#keys")?.showModal(); break;
      default: {
        const button = /^[a-z]$/.test(event.key) && $(`[data-key="${event.key}"]`);
        if (!button) return;
        button.click();
      }
    }
    event.preventDefault();
  });
  addEventListener("beforeunload", (event) => { if ([...dirty].some((form) => form.isConnected)) event.preventDefault(); });
  // A page that comes back from the browser's cache must not show an open menu or a half-done question.
  addEventListener("pageshow", (event) => { if (event.persisted) { for (const dialog of $$("dialog[open]")) dialog.close(); dirty.clear(); } });

  // A region that changes by itself is fetched again every so many seconds, as long as it says so and nobody is in it
  function live(region) {
    if (region.dataset.ready) return;
    region.dataset.ready = "";
    const again = () => { const seconds = Number(region.dataset.live); if (seconds && region.isConnected) setTimeout(renew, seconds * 1000); };
    const renew = async () => {
      try {
        if (!doc.hidden && !region.contains(doc.activeElement) && !$("dialog[open]")) {
          const response = await fetch(region.dataset.liveUrl ?? location.href, { headers: { Accept: "text/html" } });
          const fresh = response.ok && new DOMParser().parseFromString(await response.text(), "text/html").getElementById(region.id);
          if (fresh) {
            if (fresh.textContent !== region.textContent) { region.replaceChildren(...fresh.childNodes); start(); }
            region.hidden = fresh.hidden;
            region.dataset.live = fresh.dataset.live ?? "";
          }
        }
      } catch { /* The next round tries again. */ }
      again();
    };
    again();
  }

  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) doc.addEventListener(kind, (event) => {
    const box = event.target.closest?.("[data-drop]");
    if (!box) return;
    event.preventDefault();
    box.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) { const input = $("input[type=file]", box); input.files = event.dataTransfer.files; changed(input); }
  });

  function start() {
    $$("[data-picker]").forEach(picker);
    $$("form[data-dirty]").forEach(watch);
    $$("[data-live]").forEach(live);
    $$("[data-toast]").forEach((notice) => { notice.removeAttribute("data-toast"); show(notice); });
    $$("[data-list]").forEach(countPicks);
    relative();
    const errors = $("#errors");
    if (errors && doc.activeElement === doc.body) errors.focus();
    // The box in the top bar opens the palette where there is script; the caret stays out of it.
    for (const box of $$("[data-palette-open]")) if (palette && !box.dataset.ready) {
      box.dataset.ready = "";
      box.addEventListener("pointerdown", (event) => { event.preventDefault(); openPalette(); });
      box.addEventListener("keydown", (event) => { if (!composing(event) && event.key === "Enter") { event.preventDefault(); openPalette(); } });
    }
    // The menu shows where the page is, however long it has become.
    const here = () => $(".nav [aria-current]")?.scrollIntoView({ block: "nearest" });
    here();
    const menu = $("#nav-open");
    if (menu) menu.onchange = here;
    if (/Mac|iPhone|iPad/.test(navigator.platform)) $$(".search kbd").forEach((kbd) => { kbd.textContent = "⌘ K"; });
  }
  start();
  setInterval(relative, 60000);
  doc.addEventListener("hufu:refresh", start);
  window.hufu = { toast, confirmed, openPalette, start };
})();
