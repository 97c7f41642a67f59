// What makes the console quicker to use; every page works without it.
"use strict";
(() => {
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  // Live figures: htmx fetches them anew, never while the page is hidden.
  let due = Date.now() + 30000;
  const refresh = () => {
    if (document.hidden || Date.now() < due || !window.htmx || !find("[data-live]")) return;
    due = Date.now() + 30000;
    window.htmx.trigger(find("[data-live]"), "refresh");
  };
  setInterval(refresh, 1000);
  document.addEventListener("visibilitychange", refresh);

  // A fault in place: figures say that they are old, everything else becomes the page of the fault.
  const failed = (event) => {
    const old = find("[data-stale]");
    if (event.target.closest("[data-live]") && old) old.hidden = false;
    else location.href = event.detail.xhr.responseURL || location.href;
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);

  // Keys: / search, j k rows, ? help. Not while writing, and not when switched off.
  const rows = () => all("[data-row]");
  const move = (step) => {
    const list = rows();
    if (!list.length) return;
    const at = list.indexOf(document.activeElement);
    list[Math.min(list.length - 1, Math.max(0, at < 0 ? 0 : at + step))].focus();
  };
  document.addEventListener("keydown", (event) => {
    const at = event.target;
    if (event.key === "Escape") { const open = find(".menu[open]"); if (open) { open.open = false; find("summary", open).focus(); } }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.documentElement.dataset.keys === "off" || at.closest("input, textarea, select, [contenteditable]")) return;
    if (event.key === "/") { event.preventDefault(); const box = find("#q"); if (box) { box.focus(); box.select(); } else location.href = "/mails"; }
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "?") location.href = "/help";
  });
  document.addEventListener("focusin", (event) => {
    all("tr.at").forEach((row) => row.classList.remove("at"));
    if (event.target.matches && event.target.matches("[data-row]")) event.target.closest("tr").classList.add("at");
  });
  document.addEventListener("click", (event) => {
    all(".menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    if (event.target.closest("[data-print]")) { all("details.more").forEach((one) => { one.open = true; }); window.print(); }
  });
  all("[data-print]").forEach((button) => { button.hidden = false; });

  // After a search in place the way back is to what is shown now.
  document.addEventListener("submit", (event) => {
    const back = find("form[action='/preferences'] input[name=back]");
    if (event.target.matches("form[action='/preferences']") && event.target.contains(back)) back.value = location.pathname + location.search;
  });
  all("[data-scriptless]").forEach((button) => { button.hidden = true; });

  // A dropped file becomes a digest here; the file goes nowhere.
  const look = async (form, file) => {
    if (!file) return;
    if (!window.crypto || !crypto.subtle || file.size > 500e6) { if (find("input[type=file]", form).files.length) form.submit(); return; }
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    location.href = "/mails?sha256=" + [...digest].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-digest]");
    if (form && event.target.type === "file") look(form, event.target.files[0]);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-digest]");
    if (form && window.crypto && crypto.subtle && find("input[type=file]", form).files.length) { event.preventDefault(); look(form, find("input[type=file]", form).files[0]); }
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const form = find("form[data-digest]");
      if (!form || !event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("over", name === "dragover");
      if (name === "drop") look(form, event.dataTransfer.files[0]);
    });
  }
})();
