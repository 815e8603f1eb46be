// Buttons
const press = (name, act) => find(`[data-do=${name}]`).addEventListener("click", act);
press("fold", () => {
  for (const row of [...tree.children].reverse()) setOpen(row, false);
  if (chosen) for (let one = parent(chosen); one; one = parent(one)) choose(one, { focus: false });
});
press("unfold", () => {
  for (const row of [...tree.children]) if (!members.has(row)) setOpen(row, true);
});
const drawing = find(".drawing svg");
const size = [drawing.width.baseVal.value, drawing.height.baseVal.value];
const zooms = { tree: 100, drawing: 0 }; // in percent; 0: as it fits
let seen = "tree";
function scale(to) {
  const zoom = (zooms[seen] = Math.min(300, Math.max(25, to)));
  if (seen === "tree") tree.style.fontSize = `${(13 * zoom) / 100}px`;
  else {
    drawing.setAttribute("width", String((size[0] * zoom) / 100));
    drawing.setAttribute("height", String((size[1] * zoom) / 100));
  }
  find("[data-do=same]").textContent = `${zoom}%`;
}
press("smaller", () => scale(zooms[seen] > 100 ? zooms[seen] - 25 : Math.round(zooms[seen] * 0.8)));
press("same", () => scale(100));
press("larger", () => scale(zooms[seen] >= 100 ? zooms[seen] + 25 : Math.min(100, Math.round(zooms[seen] * 1.25))));
function view(drawn) {
  seen = drawn ? "drawing" : "tree";
  find(".tree-pane").hidden = drawn;
  find(".drawing").hidden = !drawn;
  find(".drawing").open = drawn;
  find("[data-do=tree]").setAttribute("aria-pressed", String(!drawn));
  find("[data-do=drawing]").setAttribute("aria-pressed", String(drawn));
  const fits = Math.floor((100 * find(".drawing").clientWidth) / size[0]);
  scale(zooms[seen] || Math.min(100, Math.max(50, fits)));
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
