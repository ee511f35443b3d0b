// Sorting, filtering and opening the rows of a table. All that is shown is in the page already; this only moves and hides it.
"use strict";
const ovData = JSON.parse(document.getElementById("data").textContent);
const ovTables = (() => {
  const sheets = [...document.querySelectorAll(".sheet")].map(makeSheet);
  const styles = new Set(); // the verdicts that were asked for; none means all
  const opened = [];

  function makeSheet(section) {
    const table = section.querySelector("table");
    const rows = [...table.tBodies].map((body) => ({
      body,
      button: body.querySelector(".toggle"),
      name: body.querySelector(".toggle").textContent.trim(),
      text: `${body.rows[0].textContent} ${ovData.keys[body.id]}`.toLowerCase(),
      rank: Number(body.dataset.rank),
      figure: Number(body.dataset.figure),
      change: body.dataset.change === "" ? null : Number(body.dataset.change),
    }));
    return { section, table, rows };
  }

  const order = {
    rank: (a, b) => a.rank - b.rank || (a.change ?? 0) - (b.change ?? 0),
    name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
    figure: (a, b) => a.figure - b.figure,
    change: (a, b) => a.change - b.change,
  };

  function sort(sheet, header) {
    const by = header.querySelector("button").dataset.sort;
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const other of sheet.table.tHead.rows[0].cells) {
      if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
    }
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const sign = descending ? -1 : 1;
    // What has no change stays below, whichever way the others are ordered.
    const without = (row) => (by === "change" && row.change === null ? 1 : 0);
    sheet.rows.sort((a, b) => without(a) - without(b) || sign * order[by](a, b) || order.name(a, b));
    sheet.table.append(...sheet.rows.map((row) => row.body));
  }

  function filter() {
    for (const { section, rows } of sheets) {
      const words = section.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
      const model = section.querySelector("select")?.value ?? "";
      let shown = 0;
      for (const row of rows) {
        const fits =
          (!styles.size || styles.has(row.body.dataset.style)) &&
          (!model || row.body.dataset.model === model) &&
          words.every((word) => row.text.includes(word));
        row.body.hidden = !fits;
        shown += fits;
      }
      section.querySelector(".shown").textContent = shown === rows.length ? `${shown} shown` : `${shown} of ${rows.length}`;
      section.querySelector(".none").hidden = shown > 0;
      section.querySelector("table").hidden = shown === 0;
    }
  }

  function setOpen(row, open) {
    row.body.classList.toggle("open", open);
    row.button.setAttribute("aria-expanded", String(open));
    if (open) opened.forEach((listener) => listener(row.body));
    const all = row.body.closest(".sheet").querySelector(".all");
    all.textContent = row.body.parentNode.querySelector("tbody.open") ? "Close all" : "Open all";
  }

  function clear() {
    styles.clear();
    document.querySelectorAll(".tally").forEach((tally) => tally.setAttribute("aria-pressed", "false"));
    for (const { section } of sheets) {
      section.querySelector("input").value = "";
      if (section.querySelector("select")) section.querySelector("select").value = "";
    }
    filter();
  }

  for (const sheet of sheets) {
    const { section, rows } = sheet;
    for (const header of sheet.table.tHead.rows[0].cells) {
      header.querySelector("button")?.addEventListener("click", () => sort(sheet, header));
    }
    section.querySelector("input").addEventListener("input", filter);
    section.querySelector("select")?.addEventListener("change", filter);
    section.querySelector(".clear").addEventListener("click", clear);
    section.querySelector(".all").addEventListener("click", () => {
      const open = !rows.some((row) => row.body.classList.contains("open"));
      rows.filter((row) => !open || !row.body.hidden).forEach((row) => setOpen(row, open));
    });
    for (const row of rows) {
      row.body.rows[0].addEventListener("click", () => {
        if (String(getSelection())) return; // somebody is copying a name
        setOpen(row, !row.body.classList.contains("open"));
      });
    }
  }
  for (const tally of document.querySelectorAll(".tally")) {
    tally.addEventListener("click", () => {
      const { style } = tally.dataset;
      if (!styles.delete(style)) styles.add(style);
      tally.setAttribute("aria-pressed", String(styles.has(style)));
      filter();
    });
  }

  function openLinked() {
    const id = decodeURIComponent(location.hash.slice(1));
    for (const { rows } of sheets) {
      const row = rows.find((each) => each.body.id === id);
      if (!row) continue;
      if (row.body.hidden) clear();
      setOpen(row, true);
      row.body.scrollIntoView();
    }
  }

  filter();
  return { onOpen(listener) { opened.push(listener); }, openLinked };
})();
