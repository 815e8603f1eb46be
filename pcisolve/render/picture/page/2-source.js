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
  let end = 0; // of what begins on that line: as far as lines are further in, and its end tag
  const inset = (number) => /^\s*/.exec(lines[number - first] || "")[0].length;
  function endOf(number) {
    let last = number;
    while (last - first + 1 < lines.length && lines[last - first + 1].trim() && inset(last + 1) > inset(number)) last += 1;
    const next = lines[last - first + 1] || "";
    return last > number && next.trim().startsWith("</") && inset(last + 1) === inset(number) ? last + 1 : last;
  }
  function draw() {
    const from = Math.max(0, Math.floor(view.scrollTop / LINE) - 20);
    const to = Math.min(lines.length, from + Math.ceil((view.clientHeight || 600) / LINE) + 40);
    const made = [];
    for (let at = from; at < to; at += 1) {
      const number = at + first;
      const line = text("div", `ln${number === on ? " on" : number > on && number <= end ? " in" : ""}${faults.has(number) ? " bad" : ""}`, "");
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
      end = endOf(number);
      const top = (number - first) * LINE;
      if (top < view.scrollTop || top > view.scrollTop + view.clientHeight - 3 * LINE) {
        view.scrollTop = Math.max(0, top - view.clientHeight / 3);
      }
      draw();
    },
  };
})();
