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
