// The page of the self-check: files dropped into the form, and how much of them has gone up. It works without it.
"use strict";
(() => {
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const said = (form, words) => {
    const place = find("[data-fault]", form);
    place.textContent = words;
    place.hidden = !words;
  };
  const checkable = (form) => {
    const files = [...find("input[type=file]", form).files];
    if (files.length > Number(form.dataset.files)) return form.dataset.many;
    return files.reduce((sum, file) => sum + file.size, 0) > Number(form.dataset.bytes) ? form.dataset.large : "";
  };
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-check]");
    if (!form) return;
    event.preventDefault();
    const fault = checkable(form);
    said(form, fault);
    if (fault) return;
    const bar = find("progress", form), button = find("button", form), asked = new XMLHttpRequest();
    find("[data-progress]", form).hidden = false;
    button.disabled = true;
    asked.upload.addEventListener("progress", (step) => { if (step.lengthComputable) bar.value = 100 * step.loaded / step.total; });
    asked.upload.addEventListener("load", () => bar.removeAttribute("value"));
    asked.addEventListener("error", () => { find("[data-progress]", form).hidden = true; button.disabled = false; said(form, form.dataset.lost); });
    asked.addEventListener("load", () => {
      const page = new DOMParser().parseFromString(asked.responseText, "text/html");
      if (new URL(asked.responseURL).pathname !== "/check" || !find("main", page)) { location.href = "/check"; return; }
      find("main").replaceWith(document.adoptNode(find("main", page)));
      all("[data-print]").forEach((one) => { one.hidden = false; });
      find("main").focus();
      scrollTo(0, 0);
    });
    asked.open("POST", form.action);
    asked.send(new FormData(form));
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-check]");
    if (form && event.target.type === "file") said(form, checkable(form));
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const form = find("form[data-check]");
      if (!form || !event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      find(".drop", form).classList.toggle("over", name === "dragover");
      if (name !== "drop") return;
      find("input[type=file]", form).files = event.dataTransfer.files;
      said(form, checkable(form));
    });
  }
})();
