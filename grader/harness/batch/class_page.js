"use strict";
(() => {
  const table = document.getElementById("students");
  if (!table) return;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows].map((row) => ({ row, text: textOf(row) }));
  const words = new Intl.Collator(["en", "zh-Hant"], { numeric: true });
  const kinds = {
    text: (text) => text,
    number: (text) => (text === "" ? NaN : Number(text.replace("×", "").replace("−", "-"))),
    verdict: (text) => verdicts.indexOf(text),
  };
  const verdicts = table.dataset.verdicts.split(",");

  // Wide letters and digits are as good as narrow ones, and accents, capitals and spaces do not count.
  function fold(text) {
    return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  }

  function textOf(row) {
    return [...row.cells].map((cell) => fold(cell.textContent).replace(/\s/gu, "")).join("\n");
  }

  // What has no value stays at the end, whichever way the table is sorted.
  function compare(first, second, direction) {
    const isEmpty = [first, second].map((value) => value === "" || value === -1 || Number.isNaN(value));
    if (isEmpty[0] || isEmpty[1]) return isEmpty[0] - isEmpty[1];
    return direction * (typeof first === "number" ? first - second : words.compare(first, second));
  }

  function sort(head) {
    const column = head.cellIndex;
    const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const read = kinds[head.dataset.sort];
    const keyed = rows.map(({ row }) => ({ row, value: read(row.cells[column].textContent.trim()) }));
    keyed.sort((first, second) => compare(first.value, second.value, direction));
    body.replaceChildren(...keyed.map(({ row }) => row));
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
  }

  heads.filter((head) => head.dataset.sort).forEach((head) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head));
    head.append(button);
  });

  const controls = document.getElementById("controls");
  const state = document.getElementById("state");
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");

  function filter() {
    const wanted = fold(search.value).split(/\s+/u);
    let count = 0;
    for (const { row, text } of rows) {
      row.hidden = !(wanted.every((word) => text.includes(word)) && (!state.value || row.dataset.is.split(" ").includes(state.value)));
      count += !row.hidden;
    }
    const [part, whole] = [count, rows.length].map((number) => number.toLocaleString("en"));
    shown.textContent = `${part} of ${whole} ${rows.length === 1 ? "student" : "students"}`;
  }

  state.addEventListener("change", filter);
  search.addEventListener("input", filter);
  controls.hidden = false;
  filter();
})();
