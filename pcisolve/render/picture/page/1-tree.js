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
