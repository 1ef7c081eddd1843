"use strict";
(() => {
  const page = document.body;
  const byId = (id) => document.getElementById(id);
  const fold = (text) => text.normalize("NFKC").toLowerCase();

  // Who is looked for, by id or by name: on the list and in the finder alike.
  const search = byId("search");
  if (search) {
    const rows = [...document.querySelectorAll("[data-find]")].map((row) => ({ row, text: fold(row.dataset.find) }));
    const show = () => {
      const words = fold(search.value).split(/\s+/).filter(Boolean);
      for (const { row, text } of rows) row.hidden = !words.every((word) => text.includes(word));
    };
    search.addEventListener("input", show);
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const first = rows.find(({ row }) => !row.hidden);
      if (first) leave(first.row.querySelector("a").href);
    });
  }

  const isTyping = (element) => element.matches("textarea, select, input:not([type=radio], [type=checkbox])");
  const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.altKey);

  if (!page.classList.contains("one")) {
    document.addEventListener("keydown", (event) => {
      if (!isPlain(event) || isTyping(event.target)) return;
      if (event.key === "n" && byId("next")) byId("next").click();
      if (event.key === "/" && search) {
        event.preventDefault();
        search.focus();
      }
    });
    return;
  }

  const { key, marker, xsrf } = page.dataset;
  const told = byId("told");
  const parts = () => [...document.querySelectorAll(".part")];
  let current = 0;
  let isChoosing = false;
  let wasMarked = byId("sum").dataset.marked === "yes";
  // Saves go one after another: each says which state was seen, and the answer brings the next one.
  let saving = Promise.resolve();
  let hasFailed = false;

  async function put(path, body) {
    const answer = await fetch(path, {
      method: "PUT",
      headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf },
      body: JSON.stringify(body),
    });
    const found = await answer.json().catch(() => ({ message: `The server answered with ${answer.status}.` }));
    if (!answer.ok) throw Object.assign(new Error(found.message), found, { status: answer.status });
    return found;
  }

  // How many are marked changes with this one.
  function countMarked() {
    const isMarked = byId("sum").dataset.marked === "yes";
    const bar = document.querySelector(".progress progress");
    if (isMarked === wasMarked) return;
    wasMarked = isMarked;
    bar.value += isMarked ? 1 : -1;
    document.querySelector(".progress strong").textContent = bar.value;
  }

  function replace(pieces) {
    for (const [id, markup] of Object.entries(pieces)) {
      const old = byId(id);
      const holder = document.createElement(old.tagName === "TR" ? "tbody" : "div");
      holder.innerHTML = markup;
      const active = old.contains(document.activeElement) ? document.activeElement : null;
      const form = old.querySelector(".comment-form");
      const isInForm = form !== null && form.contains(active);
      const place = active && !isInForm ? pathOf(active, old) : null;
      const piece = holder.querySelector(`#${CSS.escape(id)}`);
      old.replaceWith(piece);
      // Whoever types while something is saved types on.
      if (form) piece.querySelector(".bank").append(form);
      const again = isInForm ? active : place && piece.querySelector(place);
      showCurrent();
      if (again && isTyping(again)) again.value = active.value;
      if (again) again.focus({ preventScroll: true });
    }
    countMarked();
  }

  function pathOf(element, root) {
    if (element.id) return `#${CSS.escape(element.id)}`;
    const steps = [];
    for (let one = element; one !== root; one = one.parentElement) {
      steps.unshift(`${one.tagName.toLowerCase()}:nth-child(${[...one.parentElement.children].indexOf(one) + 1})`);
    }
    return `:scope > ${steps.join(" > ")}`;
  }

  function save(path, body, holder, done) {
    saving = saving.then(async () => {
      try {
        const found = await put(path, body());
        hide(holder());
        replace(found.pieces);
        if (done) done();
      } catch (error) {
        hasFailed = true;
        tell(holder(), error, () => save(path, body, holder, done));
      }
    });
    return saving;
  }

  function hide(element) {
    const alert = element && element.querySelector(".alert");
    if (alert) alert.hidden = true;
  }

  // What was not saved is said where it was given; what somebody else saved can be looked at, or be replaced.
  function tell(element, error, again) {
    const alert = element.querySelector(".alert");
    alert.replaceChildren(document.createTextNode(error.message || String(error)));
    alert.hidden = false;
    if (error.status === 409 && error.seen) {
      alert.append(
        button("Load what there is", () => location.reload()),
        button("Save mine over it", () => {
          element.dataset.seen = error.seen;
          hasFailed = false;
          again();
        }),
      );
    }
    told.textContent = "Not saved.";
  }

  function button(text, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", action);
    return made;
  }

  function read(part) {
    const chosen = part.querySelector(".levels input:checked");
    return {
      level: chosen ? chosen.value : "",
      points: part.querySelector(".points-typed input").value,
      comments: [...part.querySelectorAll(".bank input:checked")].map((box) => box.value),
      text: part.querySelector(".own textarea").value,
      seen: part.dataset.seen,
    };
  }

  function savePart(part, more = []) {
    const name = part.dataset.part;
    const find = () => byId(`part-${name}`);
    const wanted = read(part);
    wanted.comments.push(...more);
    hasFailed = false;
    return save(
      `/mark/api/of/${key}/part/${name}`,
      () => ({ ...wanted, seen: find().dataset.seen }),
      find,
      () => {
        told.textContent = `Saved: ${find().querySelector(".head").textContent.trim().replace(/\s+/g, " ")}`;
      },
    );
  }

  function showCurrent() {
    parts().forEach((part, number) => {
      const isOpen = number === current;
      part.classList.toggle("current", isOpen);
      part.querySelector(".head").setAttribute("aria-expanded", String(isOpen));
      part.querySelector(".body").hidden = !isOpen;
    });
  }

  function goTo(number) {
    current = Math.max(0, Math.min(number, parts().length - 1));
    endChoosing();
    showCurrent();
    parts()[current].scrollIntoView({ block: "nearest" });
    history.replaceState(null, "", `#part-${parts()[current].dataset.part}`);
  }

  function chooseLevel(number) {
    const part = parts()[current];
    const level = part.querySelectorAll(".levels input")[number];
    if (!level) return;
    level.checked = true;
    part.querySelector(".points-typed input").value = "";
    part.dataset.open = "no";
    savePart(part);
    goToOpen();
  }

  function goToOpen() {
    const all = parts();
    const behind = [...all.keys()].map((step) => (current + 1 + step) % all.length);
    const open = behind.find((number) => all[number].dataset.open === "yes");
    if (open !== undefined) goTo(open);
    else told.textContent = "All parts are marked. n goes on.";
  }

  function beginChoosing() {
    isChoosing = true;
    const part = parts()[current];
    part.classList.add("choosing");
    told.textContent = "Which comment? Its key, + for a new one, Esc for none.";
  }

  function endChoosing() {
    isChoosing = false;
    for (const part of parts()) part.classList.remove("choosing");
  }

  function chooseComment(letter) {
    const part = parts()[current];
    if (letter === "+") {
      endChoosing();
      openForm(part, null);
      return;
    }
    const found = [...part.querySelectorAll(".bank li")].find((item) => {
      const shown = item.querySelector("kbd");
      return shown && shown.textContent === letter;
    });
    endChoosing();
    if (!found) {
      told.textContent = `No comment has the key ${letter}.`;
      return;
    }
    const box = found.querySelector("input");
    box.checked = !box.checked;
    savePart(part);
  }

  // A comment of the bank: a new one is chosen at once, a changed one may change other reports.
  function openForm(part, edited) {
    const old = part.querySelector(".comment-form");
    if (old) old.remove();
    const form = byId("comment-form").content.firstElementChild.cloneNode(true);
    const name = part.dataset.part;
    const path = `/mark/api/bank/${name}${edited ? `/${edited.key}` : ""}`;
    form.elements.text.value = edited ? edited.text : "";
    form.elements.points.value = edited ? edited.points : "";
    form.querySelector(".out").hidden = !edited;
    part.querySelector(".bank").append(form);
    form.elements.text.focus();
    const send = async (everybody, isRetired) => {
      const { text, points } = form.elements;
      const body = { text: text.value, points: points.value, everybody, is_retired: isRetired };
      try {
        await saving;
        const found = await put(path, body);
        form.remove();
        if (edited) location.reload();
        else await savePart(byId(`part-${name}`), [found.key]);
      } catch (error) {
        const asks = form.querySelector(".asks");
        asks.replaceChildren(document.createTextNode(error.message));
        asks.hidden = false;
        if (error.asks) {
          asks.append(
            button(`Change it for all ${error.asks}`, () => send(true, false)),
            button("Only from now on", () => send(false, false)),
          );
          asks.querySelector("button").focus();
        }
      }
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(null, false);
    });
    form.querySelector(".out").addEventListener("click", () => send(null, true));
    form.querySelector(".cancel").addEventListener("click", () => form.remove());
  }

  function giveNothing() {
    hasFailed = false;
    const holder = () => parts()[current];
    save(`/mark/api/of/${key}/nothing`, () => ({}), holder, () => {
      told.textContent = "No points for what was open. n goes on.";
    });
  }

  // Away only when all is saved, and the report is free for others then.
  async function leave(address) {
    if (document.activeElement) document.activeElement.blur();
    await saving;
    if (hasFailed) {
      told.textContent = "Not saved yet: see the note in red.";
      hasFailed = false;
      return;
    }
    await put(`/mark/api/of/${key}/claim`, { take_over: false, release: true }).catch(() => null);
    location.href = address;
  }

  async function claim(isTaken) {
    const found = await put(`/mark/api/of/${key}/claim`, { take_over: isTaken, release: false }).catch(() => null);
    if (!found) return;
    byId("holder").textContent = found.by;
    byId("held").hidden = found.by === marker;
  }

  function showTab(tab) {
    for (const one of document.querySelectorAll("[role=tab]")) {
      const isShown = one === tab;
      one.setAttribute("aria-selected", String(isShown));
      one.tabIndex = isShown ? 0 : -1;
      byId(one.getAttribute("aria-controls")).hidden = !isShown;
    }
  }

  function turnTab(step) {
    const tabs = [...document.querySelectorAll("[role=tab]")];
    const place = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
    const tab = tabs[(place + step + tabs.length) % tabs.length];
    showTab(tab);
    return tab;
  }

  const shown = document.querySelector(".shown");

  function turnPage(step) {
    showTab(byId("tab-report"));
    const figures = [...document.querySelectorAll(".pages figure")];
    const top = shown.getBoundingClientRect().top + 60;
    const place = figures.findLastIndex((figure) => figure.getBoundingClientRect().top <= top);
    const next = figures[Math.max(0, Math.min(place + step, figures.length - 1))];
    if (next) next.scrollIntoView({ block: "start" });
  }

  function overrule() {
    showTab(byId("tab-code"));
    const row = document.querySelector(".checks tr.lost .overrule") || document.querySelector(".overrule");
    if (!row) return;
    row.open = true;
    row.querySelector("input").focus();
  }

  function focusIn(selector) {
    const field = parts()[current].querySelector(selector);
    field.focus();
    if (field.select) field.select();
  }

  const commands = {
    c: beginChoosing,
    "+": () => openForm(parts()[current], null),
    e: () => focusIn(".own textarea"),
    p: () => focusIn(".points-typed input"),
    j: () => goTo(current + 1),
    k: () => goTo(current - 1),
    n: () => leave(byId("next").href),
    b: () => byId("before") && leave(byId("before").href),
    f: () => byId("behind") && leave(byId("behind").href),
    "/": () => openFinder(),
    "[": () => turnTab(-1),
    "]": () => turnTab(1),
    ",": () => turnPage(-1),
    ".": () => turnPage(1),
    ArrowDown: () => shown.scrollBy({ top: 120 }),
    ArrowUp: () => shown.scrollBy({ top: -120 }),
    PageDown: () => shown.scrollBy({ top: 0.85 * shown.clientHeight }),
    PageUp: () => shown.scrollBy({ top: -0.85 * shown.clientHeight }),
    o: overrule,
    s: () => document.querySelector("#note textarea").focus(),
    x: giveNothing,
    t: () => byId("held").hidden || claim(true),
    "?": () => {
      const help = document.querySelector(".keys");
      help.open = !help.open;
    },
  };

  function openFinder() {
    byId("finder").showModal();
    search.value = "";
    search.dispatchEvent(new Event("input"));
    search.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (!isPlain(event) || byId("finder").open) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape" || (event.key === "Enter" && event.target.closest(".points-typed"))) {
        event.preventDefault();
        event.target.blur();
      }
      return;
    }
    if (!byId("keys-on").checked) return;
    const isInTabs = event.target.closest("[role=tablist], [role=tabpanel], pre") && event.key.startsWith("Arrow");
    const isRadio = event.target.matches("input[type=radio]") && event.key.startsWith("Arrow");
    if (isInTabs || isRadio) return;
    if (isChoosing) {
      event.preventDefault();
      if (event.key === "Escape") endChoosing();
      else if (event.key.length === 1) chooseComment(event.key);
      return;
    }
    if (/^[1-9]$/.test(event.key)) {
      event.preventDefault();
      chooseLevel(Number(event.key) - 1);
    } else if (Object.hasOwn(commands, event.key)) {
      event.preventDefault();
      commands[event.key]();
    }
  });

  document.addEventListener("change", (event) => {
    const part = event.target.closest(".part");
    if (event.target.closest(".comment-form, .overrule, #penalty")) return;
    if (part) {
      if (event.target.matches(".levels input")) part.querySelector(".points-typed input").value = "";
      savePart(part);
    } else if (event.target.closest("#note")) {
      const find = () => byId("note");
      const text = event.target.value;
      save(`/mark/api/of/${key}/note`, () => ({ text, seen: find().dataset.seen }), find, () => {
        told.textContent = "Note saved.";
      });
    }
  });

  document.addEventListener("click", (event) => {
    const head = event.target.closest(".part .head");
    const tab = event.target.closest("[role=tab]");
    const edit = event.target.closest(".bank .edit");
    const link = event.target.closest("#before, #behind, #next, #list, .found a, #held a");
    if (head) goTo(parts().indexOf(head.closest(".part")));
    else if (tab) showTab(tab);
    else if (edit) openForm(edit.closest(".part"), { key: edit.dataset.key, ...edit.dataset });
    else if (event.target.closest(".bank .new")) openForm(event.target.closest(".part"), null);
    else if (event.target.closest("#nothing")) giveNothing();
    else if (event.target.closest("#take")) claim(true);
    else if (event.target.closest("#find")) openFinder();
    else if (event.target.closest(".overrule .back")) saveCheck(event.target.closest("tr"), true);
    else if (link && isPlain(event)) {
      event.preventDefault();
      leave(link.href);
    }
  });

  function savePenalty(reason) {
    hasFailed = false;
    save(`/mark/api/of/${key}/penalty`, () => ({ reason }), () => byId("penalty"), () => {
      told.textContent = "Saved.";
    });
  }

  function saveCheck(row, isTakenBack) {
    const name = row.dataset.check;
    const find = () => byId(`check-${name}`);
    const { points, reason } = row.querySelector("form").elements;
    const asked = { points: isTakenBack ? "" : points.value, reason: reason.value };
    hasFailed = false;
    save(`/mark/api/of/${key}/check/${name}`, () => ({ ...asked, seen: find().dataset.seen }), find, () => {
      told.textContent = "Saved.";
    });
  }

  document.addEventListener("submit", (event) => {
    const row = event.target.closest("tr[data-check]");
    const isPenalty = event.target.closest("#penalty") !== null;
    if (!row && !isPenalty) return;
    event.preventDefault();
    if (row) saveCheck(row, false);
    else savePenalty(event.target.elements.reason.value);
  });

  document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) turnTab(step).focus();
  });

  const wanted = parts().findIndex((part) => `#${part.id}` === location.hash);
  const open = parts().findIndex((part) => part.dataset.open === "yes");
  current = Math.max(wanted, 0) || Math.max(open, 0);
  showCurrent();
  setInterval(() => document.visibilityState === "visible" && claim(false), 60000);
})();
