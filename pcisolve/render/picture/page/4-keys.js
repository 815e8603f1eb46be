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
