"use strict";
// Folds, finds and explains the rows that are in the page already. Text of the input is only ever set as text.
(() => {
  const AT_ONCE = 1000; // rows that are made of a stack's members in one go
  const LINE = 18; // pixels of a line of the source
  const KIND = { "■": "root", "◆": "controller", "●": "device", "▲": "argument", "□": "group", "☆": "wish" };
  const MARK = { "at fault": "fault", "not seen": "lost", "was here": "left" }; // the others are called as they are
  const find = (selector) => document.querySelector(selector);
  const tree = find("[role=tree]");
  const status = find(".status");
  const members = new Map(); // the text of what a row stands for, until rows are made of it
  let chosen = null;

  document.documentElement.classList.add("js");
  for (const one of document.querySelectorAll("[data-js]")) one.hidden = false;
  for (const one of tree.querySelectorAll("details.members")) {
    members.set(one.previousElementSibling, one.querySelector("pre").textContent.trimEnd().split("\n"));
    one.remove();
  }

  // Rows
  const level = (row) => Number(row.getAttribute("aria-level"));
  const isRow = (row) => row !== null && row.getAttribute("role") === "treeitem";
  const isOpen = (row) => row.getAttribute("aria-expanded") === "true";
  const canOpen = (row) => row.hasAttribute("aria-expanded");

  function* below(row) {
    const own = level(row);
    for (let one = row.nextElementSibling; isRow(one) && level(one) > own; one = one.nextElementSibling) yield one;
  }

  function parent(row) {
    let one = row.previousElementSibling;
    while (isRow(one) && level(one) >= level(row)) one = one.previousElementSibling;
    return isRow(one) ? one : null;
  }

  function setOpen(row, open) {
    if (!canOpen(row) || isOpen(row) === open) return;
    if (open && members.has(row)) make(row);
    row.setAttribute("aria-expanded", String(open));
    let closed = open ? Infinity : level(row); // what is below a closed row stays hidden
    for (const one of below(row)) {
      one.hidden = !open || level(one) > closed;
      if (open && level(one) <= closed) closed = canOpen(one) && !isOpen(one) ? level(one) : Infinity;
    }
  }

  function text(name, style, words) {
    const made = document.createElement(name);
    if (style) made.className = style;
    made.textContent = words;
    return made;
  }

  function rowOf(words, base) {
    const [mark, label, what, address, guest, line, note, marked] = words.trimStart().split("\t");
    const depth = base + (words.length - words.trimStart().length) / 2;
    const row = text("div", `row d${Math.min(depth, 15)}${marked ? ` m-${MARK[marked] || marked}` : ""}`, "");
    row.setAttribute("role", "treeitem");
    row.setAttribute("aria-level", String(depth + 1));
    row.tabIndex = -1;
    if (line) row.dataset.line = line;
    const said = [label, what, address && `address ${address}`, guest && `in the guest ${guest}`, line && `line ${line}`];
    row.title = [...said, [marked, note].filter(Boolean).join(": ")].filter(Boolean).join("\n");
    const icon = text("i", `ic ${KIND[mark] || "device"}`, "");
    icon.setAttribute("aria-hidden", "true");
    const fold = text("span", "fold", "");
    fold.setAttribute("aria-hidden", "true");
    row.append(fold, icon, text("b", "", label), text("span", "what", what || ""));
    if (marked) row.append(text("span", "badge", marked));
    if (note) row.append(text("span", "note", note));
    const end = text("span", "end", "");
    if (guest && guest !== address) end.append(text("code", "guest", `guest ${guest}`));
    if (address) end.append(text("code", "", address));
    end.append(text("span", "line", line ? `line ${line}` : ""));
    row.append(end);
    return row;
  }

  // Rows out of the text of what a row stands for: as many as can be made at once, then a row for the others.
  function make(row) {
    const lines = members.get(row);
    members.delete(row);
    const isMore = row.classList.contains("more");
    const base = level(row) - (isMore ? 1 : 0);
    let upTo = Math.min(lines.length, AT_ONCE);
    while (upTo < lines.length && lines[upTo].startsWith(" ")) upTo += 1;
    const made = lines.slice(0, upTo).map((one) => rowOf(one, base));
    made.forEach((one, at) => {
      if (at + 1 < made.length && level(made[at + 1]) > level(one)) one.setAttribute("aria-expanded", "true");
    });
    if (upTo < lines.length) {
      const rest = text("div", `row more d${Math.min(base, 15)}`, "");
      rest.setAttribute("role", "treeitem");
      rest.setAttribute("aria-level", String(base + 1));
      rest.setAttribute("aria-expanded", "false");
      rest.tabIndex = -1;
      const left = lines.slice(upTo);
      const count = left.filter((one) => !one.startsWith(" ")).length;
      rest.append(text("span", "fold", ""), text("b", "", `and ${count.toLocaleString("en")} more`));
      members.set(rest, left);
      made.push(rest);
    }
    row.after(...made);
    if (isMore) {
      if (chosen === row) choose(made[0]);
      row.remove();
    }
    return made;
  }

  function reveal(row) {
    for (let one = parent(row); one; one = parent(one)) setOpen(one, true);
  }

  function choose(row, { focus = true } = {}) {
    if (chosen) {
      chosen.setAttribute("aria-selected", "false");
      chosen.tabIndex = -1;
    }
    chosen = row;
    reveal(row);
    row.setAttribute("aria-selected", "true");
    row.tabIndex = 0;
    if (focus) row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    explain(row);
    if (row.dataset.line) source.show(Number(row.dataset.line));
  }

  // What is known of a row
  const facts = find(".facts");
  function explain(row) {
    const [head, ...rest] = (row.title || row.textContent).split("\n");
    facts.replaceChildren(text("dd", "wide", head));
    for (const words of rest) {
      const found = /^(address|in the guest|line|rule|domain|NUMA node|bus(?:es|Nr)?|at fault|involved|warned|added|moved|removed|changed|not seen)[ :]+(.*)$/.exec(words);
      facts.append(text("dt", "", found ? found[1] : ""), text("dd", "", found ? found[2] : words));
    }
  }

  // The source beside it: only the lines that can be seen are in the page.
  const source = (() => {
    const holder = find(".source");
    if (!holder) return { show() {} };
    const first = Number(holder.dataset.first);
    const lines = holder.querySelector("pre").textContent.replace(/\n$/, "").split("\n");
    const faults = new Set((holder.dataset.bad || "").split(" ").filter(Boolean).map(Number));
    const view = text("div", "lines", "");
    const room = text("div", "room", "");
    view.tabIndex = 0;
    view.setAttribute("role", "region");
    view.setAttribute("aria-label", "source");
    room.style.height = `${lines.length * LINE + 8}px`;
    room.style.setProperty("--no", `${String(first + lines.length).length + 2}ch`);
    view.append(room);
    holder.querySelector("pre").replaceWith(view);
    holder.open = true;
    let on = 0;
    function draw() {
      const from = Math.max(0, Math.floor(view.scrollTop / LINE) - 20);
      const to = Math.min(lines.length, from + Math.ceil((view.clientHeight || 600) / LINE) + 40);
      const made = [];
      for (let at = from; at < to; at += 1) {
        const number = at + first;
        const line = text("div", `ln${number === on ? " on" : ""}${faults.has(number) ? " bad" : ""}`, "");
        line.style.top = `${at * LINE + 4}px`;
        line.dataset.number = String(number);
        if (number === on) line.setAttribute("aria-current", "true");
        line.append(text("i", "", String(number)), lines[at]);
        made.push(line);
      }
      room.replaceChildren(...made);
    }
    view.addEventListener("scroll", draw, { passive: true });
    addEventListener("resize", draw);
    room.addEventListener("click", (event) => {
      const line = event.target.closest(".ln");
      if (!line || String(getSelection())) return;
      let best = null;
      for (const row of tree.children) {
        const at = Number(row.dataset.line || 0);
        if (at && at <= Number(line.dataset.number) && (!best || at > Number(best.dataset.line))) best = row;
      }
      if (best) choose(best, { focus: false });
    });
    draw();
    return {
      show(number) {
        on = number;
        const top = (number - first) * LINE;
        if (top < view.scrollTop || top > view.scrollTop + view.clientHeight - 3 * LINE) {
          view.scrollTop = Math.max(0, top - view.clientHeight / 3);
        }
        draw();
      },
    };
  })();

  // Finding
  const box = find("input[type=search]");
  let hits = [];
  let hit = -1;
  function search() {
    const wanted = box.value.trim().toLowerCase();
    for (const row of tree.querySelectorAll(".hit")) row.classList.remove("hit");
    hits = [];
    hit = -1;
    if (wanted) {
      for (const row of tree.children) {
        if (!members.has(row) && `${row.textContent}\n${row.title}`.toLowerCase().includes(wanted)) {
          row.classList.add("hit");
          hits.push([row, -1]);
        } else if (members.has(row)) {
          members.get(row).forEach((one, at) => {
            if (one.toLowerCase().includes(wanted)) hits.push([row, at]);
          });
        }
      }
    }
    status.textContent = wanted ? `${hits.length.toLocaleString("en")} found` : "";
  }

  function step(by) {
    if (!hits.length) return;
    hit = (hit + by + hits.length) % hits.length;
    let [row, at] = hits[hit];
    if (at >= 0) {
      const before = hit;
      const words = box.value.trim().toLowerCase();
      while (members.has(row) && at >= 0) {
        const count = Math.min(members.get(row).length, AT_ONCE);
        const open = row;
        const next = open.classList.contains("more") ? make(open) : (setOpen(open, true), [...below(open)]);
        row = next[next.length - 1];
        if (at < count || !members.has(row)) break;
        at -= next.length - 1;
      }
      search();
      hit = Math.min(before, hits.length - 1);
      [row] = hits[hit] || [];
      if (!row || !words) return;
    }
    choose(row, { focus: false });
    status.textContent = `${hit + 1} of ${hits.length.toLocaleString("en")}`;
  }
  let timer = 0;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(timer);
      if (hit < 0) search();
      step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      box.value = "";
      search();
      if (chosen) chosen.focus();
    }
  });

  // Keys, as in https://www.w3.org/WAI/ARIA/apg/patterns/treeview/
  function visible(row, by) {
    let one = row;
    do one = by > 0 ? one.nextElementSibling : one.previousElementSibling;
    while (isRow(one) && one.hidden);
    return isRow(one) ? one : null;
  }
  const typed = { words: "", at: 0 };
  function typeAhead(row, key, now) {
    typed.words = now - typed.at < 700 ? typed.words + key.toLowerCase() : key.toLowerCase();
    typed.at = now;
    const rows = [...tree.children].filter((one) => !one.hidden);
    const from = rows.indexOf(row) + (typed.words.length > 1 ? 0 : 1);
    for (let by = 0; by < rows.length; by += 1) {
      const one = rows[(from + by) % rows.length];
      if (one.querySelector("b").textContent.toLowerCase().startsWith(typed.words)) return one;
    }
    return null;
  }
  tree.addEventListener("keydown", (event) => {
    const row = event.target.closest("[role=treeitem]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    let to = null;
    if (event.key === "ArrowDown") to = visible(row, 1);
    else if (event.key === "ArrowUp") to = visible(row, -1);
    else if (event.key === "Home") to = tree.firstElementChild;
    else if (event.key === "End") to = visible({ previousElementSibling: tree.lastElementChild }, -1) || row;
    else if (event.key === "ArrowRight") {
      if (canOpen(row) && !isOpen(row)) setOpen(row, true);
      else to = below(row).next().value || null;
    } else if (event.key === "ArrowLeft") {
      if (canOpen(row) && isOpen(row)) setOpen(row, false);
      else to = parent(row);
    } else if (event.key === "Enter" || event.key === " ") setOpen(row, !isOpen(row));
    else if (event.key === "*") {
      const above = parent(row);
      for (const one of [...(above ? below(above) : tree.children)]) if (level(one) === level(row)) setOpen(one, true);
    } else if (event.key === "/") box.focus();
    else if (event.key.length === 1) to = typeAhead(row, event.key, event.timeStamp);
    else return;
    event.preventDefault();
    if (to) choose(to);
  });
  tree.addEventListener("click", (event) => {
    const row = event.target.closest("[role=treeitem]");
    if (!row || String(getSelection())) return;
    if (event.target.closest(".fold") || row.classList.contains("more")) setOpen(row, !isOpen(row));
    if (row.isConnected) choose(row);
  });
  tree.addEventListener("dblclick", (event) => {
    const row = event.target.closest("[role=treeitem]");
    if (row && !event.target.closest(".fold")) setOpen(row, !isOpen(row));
  });
  tree.addEventListener("mouseover", (event) => {
    const row = event.target.closest("[role=treeitem]");
    if (row) explain(row);
  });
  tree.addEventListener("mouseleave", () => chosen && explain(chosen));

  // Buttons
  const press = (name, act) => find(`[data-do=${name}]`).addEventListener("click", act);
  press("fold", () => {
    for (const row of [...tree.children].reverse()) setOpen(row, false);
    if (chosen) for (let one = parent(chosen); one; one = parent(one)) choose(one, { focus: false });
  });
  press("unfold", () => {
    for (const row of [...tree.children]) if (!members.has(row)) setOpen(row, true);
  });
  let zoom = 100;
  const drawing = find(".drawing svg");
  const size = drawing ? [drawing.width.baseVal.value, drawing.height.baseVal.value] : [0, 0];
  function scale(to) {
    zoom = Math.min(300, Math.max(25, to));
    tree.style.fontSize = `${(13 * zoom) / 100}px`;
    if (drawing) {
      drawing.setAttribute("width", String((size[0] * zoom) / 100));
      drawing.setAttribute("height", String((size[1] * zoom) / 100));
    }
    find("[data-do=same]").textContent = `${zoom}%`;
  }
  press("smaller", () => scale(zoom > 100 ? zoom - 25 : Math.round(zoom * 0.8)));
  press("same", () => scale(100));
  press("larger", () => scale(zoom >= 100 ? zoom + 25 : Math.min(100, Math.round(zoom * 1.25))));
  function view(drawn) {
    find(".tree-pane").hidden = drawn;
    find(".drawing").hidden = !drawn;
    find(".drawing").open = drawn;
    find("[data-do=tree]").setAttribute("aria-pressed", String(!drawn));
    find("[data-do=drawing]").setAttribute("aria-pressed", String(drawn));
  }
  press("tree", () => view(false));
  press("drawing", () => view(true));
  view(false);
  const rowOfBox = (at) => document.getElementById(`b${at}`);
  find(".drawing").addEventListener("click", (event) => {
    const card = event.target.closest("[data-box]");
    const row = card && rowOfBox(card.dataset.box);
    if (row) {
      view(false);
      choose(row);
    }
  });
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#b']");
    const row = link && document.getElementById(link.hash.slice(1));
    if (row) {
      event.preventDefault();
      view(false);
      choose(row);
    }
  });
  const begin = find(".told a[href^='#b']");
  const marked = tree.querySelector(".marked");
  const row = (begin && document.getElementById(begin.hash.slice(1))) || marked || tree.firstElementChild;
  if (row) choose(row, { focus: false });
})();
